import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Release } from "../../main/updates/release.ts";
import { type FeedFiles, publicKeyOf, signRelease } from "../../tools/release/signed-feed.ts";

export const APP_ID = "chat.example.Test";

type Answer = Buffer | ((response: ServerResponse) => void);

/** A feed on the loopback interface, with a key of its own; what it serves can be spoilt in every way. */
export class UpdateFeedServer {
  readonly key: KeyObject = generateKeyPairSync("ed25519").privateKey;
  /** Paths that were asked for, oldest first. */
  readonly asked: string[] = [];
  readonly #files = new Map<string, Answer>();
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? "";
      this.asked.push(path);
      const answer = this.#files.get(path);
      if (answer === undefined) response.writeHead(404).end();
      else if (typeof answer === "function") answer(response);
      else response.writeHead(200, { "content-length": String(answer.byteLength) }).end(answer);
    });
  }

  static async start(): Promise<UpdateFeedServer> {
    const feed = new UpdateFeedServer();
    await new Promise<void>((resolve) => feed.#server.listen(0, "127.0.0.1", resolve));
    const address = feed.#server.address();
    feed.#port = typeof address === "object" && address !== null ? address.port : 0;
    return feed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/feed`;
  }

  get publicKey(): string {
    return publicKeyOf(this.key);
  }

  serve(name: string, answer: Answer): void {
    this.#files.set(`/feed/${name}`, answer);
  }

  /** Announces an AppImage for x64 with this content. `change` spoils what is signed, `keys` who signs it. */
  publish(
    version: string,
    content: Buffer,
    { change = {}, keys = [this.key] }: { readonly change?: Partial<Release>; readonly keys?: readonly KeyObject[] } = {},
  ): FeedFiles {
    const file = `app-${version}-x64.AppImage`;
    const sha512 = createHash("sha512").update(content).digest("base64");
    const release: Release = {
      format: 1,
      appId: APP_ID,
      channel: "stable",
      version,
      issued: new Date().toISOString(),
      expires: new Date(Date.now() + 3_600_000).toISOString(),
      packages: [{ kind: "appimage", arch: "x64", file, size: content.byteLength, sha512 }],
      ...change,
    };
    const files = signRelease(release, keys);
    this.serve("stable.json", Buffer.from(files.release));
    this.serve("stable.json.sig", Buffer.from(files.signatures));
    this.serve(file, content);
    return files;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
