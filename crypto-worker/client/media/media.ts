import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { Network } from "../http.ts";
import type { Composer } from "../send-queue/composer.ts";
import { AttachmentDownloads } from "./attachment-downloads.ts";
import { AttachmentDrafts } from "./attachment-drafts.ts";
import { AttachmentUploads } from "./attachment-uploads.ts";
import { MediaBlobs } from "./media-blobs.ts";
import { MediaHttp } from "./media-http.ts";
import { Spool } from "./spool.ts";
import { TransferRegister } from "./transfer-register.ts";

/** Files, in both directions. */
export class Media {
  readonly uploads: AttachmentUploads;
  readonly downloads: AttachmentDownloads;
  readonly blobs: MediaBlobs;
  readonly #context: ClientContext;
  readonly #http: MediaHttp;
  readonly #spool: Spool;
  readonly #register: TransferRegister;

  constructor(context: ClientContext, network: Network) {
    this.#context = context;
    this.#http = new MediaHttp(network, context.http);
    this.#spool = new Spool(network, context.env);
    this.#register = new TransferRegister(context.emitter, network);
    this.uploads = new AttachmentUploads(context, this.#http, this.#spool, this.#register);
    this.downloads = new AttachmentDownloads(context, this.#http, this.#spool, this.#register);
    this.blobs = new MediaBlobs(context, this.#http, this.#spool);
  }

  drafts(composer: Composer): AttachmentDrafts {
    return new AttachmentDrafts(this.#context, composer, this.#http, this.#spool);
  }

  /** Tidies up what an earlier run has left behind. */
  start(): void {
    inBackground(this.#context, this.uploads.tidy());
  }

  stop(): void {
    this.#register.stop();
  }
}
