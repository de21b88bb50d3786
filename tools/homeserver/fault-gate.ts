import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Http2Bindings, HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Hono } from "hono";
import type { FaultKind } from "./faults.ts";
import type { SeenRequest } from "./journal.ts";
import { isObject, objectOr, type JsonObject } from "./json.ts";
import { MatrixError } from "./matrix-error.ts";
import { seededRandom } from "./random.ts";
import { bearerToken, errorResponse } from "./router.ts";
import type { ServerState } from "./server-state.ts";

const shuffleSeed = 7;

/** Stands between the network and the application: writes the journal and carries out the injected faults. */
export class FaultGate {
  readonly #state: ServerState;
  readonly #app: Hono;
  readonly #shuffle = seededRandom(shuffleSeed);

  constructor(state: ServerState, app: Hono) {
    this.#state = state;
    this.#app = app;
  }

  async handle(request: Request, { incoming }: HttpBindings | Http2Bindings): Promise<Response> {
    const url = new URL(request.url);
    const bytes = request.method === "GET" || request.method === "OPTIONS" ? new Uint8Array() : new Uint8Array(await request.arrayBuffer());
    const path = decodePath(url.pathname);
    const owner = this.#state.sessions.owner(bearerToken(request));
    const traits = { method: request.method, path, userId: owner?.userId, deviceId: owner?.deviceId };
    // A browser's preflight is not a request of the client.
    const faults = request.method === "OPTIONS" ? [] : this.#state.faults.decide(traits);
    const seen: SeenRequest = {
      ...traits,
      at: Date.now(),
      query: Object.fromEntries(url.searchParams),
      body: parseBody(bytes),
      faults: faults.map((fault) => fault.kind),
      status: undefined,
    };
    if (request.method !== "OPTIONS") this.#state.journal.add(seen);
    const process = async () => {
      const response = await this.#app.fetch(copyOf(request, bytes));
      seen.status = response.status;
      return response;
    };
    return this.#withFaults(faults, process, incoming);
  }

  async #withFaults(
    faults: readonly FaultKind[],
    process: () => Promise<Response>,
    incoming: HttpBindings["incoming"] | Http2Bindings["incoming"],
  ): Promise<Response> {
    for (const fault of faults) if (fault.kind === "delay" && fault.when !== "after") await sleep(fault.ms);
    const drastic = faults.find((fault) => fault.kind !== "delay" && fault.kind !== "reorderToDevice");
    let response: Response;
    switch (drastic?.kind) {
      case "drop":
        return closeConnection(incoming);
      case "hang":
        return RESPONSE_ALREADY_SENT;
      case "status": {
        const extra: JsonObject = drastic.retryAfterMs === undefined ? {} : { retry_after_ms: drastic.retryAfterMs };
        const errcode = drastic.errcode ?? (drastic.status === 429 ? "M_LIMIT_EXCEEDED" : "M_UNKNOWN");
        return errorResponse(new MatrixError(drastic.status, errcode, "Injected fault", extra));
      }
      case "lostResponse":
        await (await process()).arrayBuffer();
        return closeConnection(incoming);
      case "garbage":
        await (await process()).arrayBuffer();
        return new Response("<html><body>502 Bad Gateway</body></html>", { headers: { "Content-Type": "text/html" } });
      case "truncate":
        return truncate(await process(), incoming);
      case "duplicate":
        await (await process()).arrayBuffer();
        response = await process();
        break;
      default:
        response = await process();
    }
    if (faults.some((fault) => fault.kind === "reorderToDevice")) response = await this.#reorderToDevice(response);
    for (const fault of faults) if (fault.kind === "delay" && fault.when === "after") await sleep(fault.ms);
    return response;
  }

  async #reorderToDevice(response: Response): Promise<Response> {
    const body: unknown = await response.json();
    const events = isObject(body) ? objectOr(body["to_device"])["events"] : undefined;
    if (Array.isArray(events))
      for (let index = events.length - 1; index > 0; index--) {
        const other = Math.floor(this.#shuffle() * (index + 1));
        [events[index], events[other]] = [events[other], events[index]];
      }
    return Response.json(body, { status: response.status });
  }
}

function copyOf(request: Request, bytes: Uint8Array<ArrayBuffer>): Request {
  const body = bytes.byteLength === 0 ? {} : { body: bytes };
  return new Request(request.url, { method: request.method, headers: request.headers, signal: request.signal, ...body });
}

function closeConnection(incoming: HttpBindings["incoming"] | Http2Bindings["incoming"]): Response {
  socketOf(incoming)?.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Sends a head that promises the whole body, half of the body, and then nothing. */
async function truncate(response: Response, incoming: HttpBindings["incoming"] | Http2Bindings["incoming"]): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const socket = socketOf(incoming);
  const head = [`HTTP/1.1 ${response.status} OK`, "Content-Type: application/json", `Content-Length: ${bytes.byteLength}`, "", ""].join(
    "\r\n",
  );
  socket?.write(head);
  socket?.end(bytes.subarray(0, Math.floor(bytes.byteLength / 2)));
  return RESPONSE_ALREADY_SENT;
}

function socketOf(incoming: HttpBindings["incoming"] | Http2Bindings["incoming"]): IncomingMessage["socket"] | undefined {
  return "socket" in incoming ? incoming.socket : undefined;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // malformed escapes stay as they are
  }
}

function parseBody(bytes: Uint8Array<ArrayBuffer>): unknown {
  if (bytes.byteLength === 0 || bytes.byteLength > 1_000_000) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // media and the like
  }
}
