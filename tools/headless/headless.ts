// npm run --silent headless -- --profile DIR [--homeserver URL]: the whole client without windows, as JSON-RPC 2.0 over stdio.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { HeadlessApp } from "./headless-app.ts";
import { notify, serveJsonRpc } from "./json-rpc.ts";
import { messageView } from "./message-view.ts";
import { callMethod } from "./methods/table.ts";

const { values } = parseArgs({ options: { profile: { type: "string" }, homeserver: { type: "string" } } });
if (values.profile === undefined) {
  console.error("Usage: npm run --silent headless -- --profile DIR [--homeserver URL]");
  process.exit(2);
}
const profileDir = resolve(values.profile);
mkdirSync(profileDir, { recursive: true, mode: 0o700 });

const app = new HeadlessApp({ profileDir, homeserver: values.homeserver });

app.account.state.watch((state) => notify(process.stdout, "state", state));
app.account.connection.watch((connection) => notify(process.stdout, "connection", connection));
app.chat.on("roomsChanged", ({ upserts }) => {
  for (const { roomId, name, encrypted, membership } of upserts) notify(process.stdout, "room", { roomId, name, encrypted, membership });
});
app.timelines.watch((roomId, items) => {
  for (const item of items) {
    const message = messageView(item);
    if (message !== undefined) notify(process.stdout, "message", { roomId, ...message });
  }
});

let closing = false;
async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  await app.close();
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void close());

await serveJsonRpc(process.stdin, process.stdout, (method, params) => callMethod(app, method, params));
await close();
