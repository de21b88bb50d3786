import { parseMxcUri, type MxcUri } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { isJsonObject, parseJsonBody, integerField, stringField, type JsonObject } from "../../wire/json.ts";
import { failureOf, segment, type HttpFailure, type MatrixHttp, type Network } from "../http.ts";

/** No byte moves for this long: the connection is given up. */
const PAUSE_MS = 120_000;
const LIMIT_VALID_MS = 3_600_000;
const ANSWER_LIMITS = { maxBytes: 65_536, maxDepth: 16 };

export type Upload = {
  readonly spoolId: string;
  readonly contentType: string;
  /** Undefined where the server is not to know. */
  readonly name: string | undefined;
  readonly signal: AbortSignal;
};

/** The server's content repository: https://spec.matrix.org/v1.16/client-server-api/#content-repository */
export class MediaHttp {
  readonly #network: Network;
  readonly #http: MatrixHttp;
  /** Old servers have no downloads that ask who is asking (before spec v1.11). */
  #legacy = false;
  #limit: { readonly bytes: number | undefined; readonly at: number } | undefined;

  constructor(network: Network, http: MatrixHttp) {
    this.#network = network;
    this.#http = http;
  }

  /** The largest upload in bytes; undefined where the server does not say, or cannot be asked now. */
  async uploadLimit(): Promise<number | undefined> {
    if (this.#limit !== undefined && Date.now() - this.#limit.at < LIMIT_VALID_MS) return this.#limit.bytes;
    const path = this.#legacy ? "/_matrix/media/v3/config" : "/_matrix/client/v1/media/config";
    const answer = await this.#http.json({ kind: "media", method: "GET", path, timeoutMs: 10_000, retry: "never" });
    if (!answer.ok) {
      if (!this.#isLegacy(answer.error.errcode)) return undefined;
      return this.uploadLimit();
    }
    const bytes = integerField(answer.value, "m.upload.size");
    this.#limit = { bytes: bytes !== undefined && bytes >= 0 ? bytes : undefined, at: Date.now() };
    return this.#limit.bytes;
  }

  async upload({ spoolId, contentType, name, signal }: Upload): Promise<Result<MxcUri, HttpFailure>> {
    const path = `/_matrix/media/v3/upload${name === undefined ? "" : `?filename=${segment(name)}`}`;
    const answer = await this.#network.call("upload", { spoolId, path, contentType, timeoutMs: PAUSE_MS }, { signal });
    if (!answer.ok) return err(failed(answer.error.code));
    const { status, body } = answer.value;
    const object = parseAnswer(body);
    if (status < 200 || status > 299) return err(failureOf(status, object));
    const mxc = parseMxcUri(object === undefined ? undefined : stringField(object, "content_uri"));
    return mxc.ok ? mxc : err({ code: "server-garbage", errcode: undefined, permanent: false });
  }

  /** Fetches what lies at a place into the spool; answers its size. */
  async download(mxc: MxcUri, spoolId: string, maxBytes: number, signal: AbortSignal): Promise<Result<number, HttpFailure>> {
    const [server = "", media = ""] = mxc.slice("mxc://".length).split("/");
    const place = `${segment(server)}/${segment(media)}`;
    const path = this.#legacy ? `/_matrix/media/v3/download/${place}?allow_redirect=true` : `/_matrix/client/v1/media/download/${place}`;
    const answer = await this.#network.call("download", { spoolId, path, maxBytes, timeoutMs: PAUSE_MS }, { signal });
    if (!answer.ok) return err(failed(answer.error.code));
    const { status, size, body } = answer.value;
    if (status >= 200 && status <= 299) return ok(size);
    const failure = failureOf(status, parseAnswer(body));
    return this.#isLegacy(failure.errcode) ? this.download(mxc, spoolId, maxBytes, signal) : err(failure);
  }

  /** True where the same is to be asked once more, in the old way. */
  #isLegacy(errcode: string | undefined): boolean {
    if (this.#legacy || errcode !== "M_UNRECOGNIZED") return false;
    this.#legacy = true;
    return true;
  }
}

const failed = (code: HttpFailure["code"]): HttpFailure => ({
  code,
  errcode: undefined,
  permanent: code === "too-large" || code === "not-found",
});

function parseAnswer(text: string): JsonObject | undefined {
  const body = parseJsonBody(text, ANSWER_LIMITS);
  return body.ok && isJsonObject(body.value) ? body.value : undefined;
}
