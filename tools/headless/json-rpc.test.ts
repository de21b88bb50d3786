import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { CodedError } from "../../protocol/errors.ts";
import { serveJsonRpc } from "./json-rpc.ts";

async function talk(lines: readonly string[], handle: (method: string, params: unknown) => Promise<unknown>): Promise<unknown[]> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answers: unknown[] = [];
  let text = "";
  output.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  input.end(lines.map((line) => `${line}\n`).join(""));
  await serveJsonRpc(input, output, handle);
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const line of text.split("\n")) if (line !== "") answers.push(JSON.parse(line));
  return answers;
}

test("answers by id, side by side", async () => {
  const answers = await talk(
    [
      '{"jsonrpc":"2.0","id":1,"method":"slow"}',
      '{"jsonrpc":"2.0","id":"b","method":"fast","params":{"x":1}}',
      '{"jsonrpc":"2.0","method":"notification"}',
    ],
    async (method, params) => {
      if (method === "slow") await new Promise((resolve) => setTimeout(resolve, 5));
      return { method, params };
    },
  );
  expect(answers).toEqual([
    { jsonrpc: "2.0", id: "b", result: { method: "fast", params: { x: 1 } } },
    { jsonrpc: "2.0", id: 1, result: { method: "slow", params: {} } },
  ]);
});

test("errors say what and whether to try again, and nothing of the input", async () => {
  const answers = await talk(
    ["secret{", '{"jsonrpc":"1.0"}', '{"jsonrpc":"2.0","id":1,"method":"secret"}', '{"jsonrpc":"2.0","id":2,"method":"x"}'],
    (method) => Promise.reject(method === "x" ? new CodedError("offline") : new CodedError("unknown-method")),
  );
  expect(answers).toMatchObject([
    { id: null, error: { code: -32_700 } },
    { id: null, error: { code: -32_600 } },
    { id: 1, error: { code: -32_601, message: "unknown-method", data: { code: "unknown-method", retryable: false } } },
    { id: 2, error: { code: -32_000, message: "offline", data: { code: "offline", retryable: true } } },
  ]);
  expect(JSON.stringify(answers)).not.toContain("secret");
});
