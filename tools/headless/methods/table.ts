import { CodedError } from "../../../protocol/errors.ts";
import type { HeadlessApp } from "../headless-app.ts";
import { deviceMethods } from "./devices.ts";
import { fileMethods } from "./files.ts";
import { identityMethods } from "./identity.ts";
import { keyFileMethods } from "./key-files.ts";
import { messageMethods } from "./messages.ts";
import type { Method, Methods } from "./method.ts";
import { recoveryMethods } from "./recovery.ts";
import { roomMethods } from "./rooms.ts";
import { sessionMethods } from "./session.ts";
import { verificationMethods } from "./verification.ts";

/** Every method of the surface, one file a group. */
const groups: readonly Methods[] = [
  sessionMethods,
  roomMethods,
  messageMethods,
  deviceMethods,
  verificationMethods,
  identityMethods,
  recoveryMethods,
  keyFileMethods,
  fileMethods,
];

const methods: ReadonlyMap<string, Method> = new Map(groups.flatMap((group) => Object.entries(group)));

/** Runs a method by its name. Throws `CodedError`. */
export async function callMethod(app: HeadlessApp, name: string, params: unknown): Promise<unknown> {
  const method = methods.get(name);
  if (method === undefined) throw new CodedError("unknown-method");
  const parsed = method.params.safeParse(params);
  if (!parsed.success) throw new CodedError("invalid-request");
  return method.run(app, parsed.data as never);
}
