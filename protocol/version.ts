import { z } from "zod";
import { chatContract } from "./chat.ts";
import { controlContract } from "./control.ts";
import type { Contract } from "./define.ts";
import { networkContract } from "./network.ts";
import { shellContract } from "./shell.ts";
import { vaultContract } from "./vault.ts";

/** Raised with every change of a contract; `version.test.ts` pins it to the schemas' hash. */
export const PROTOCOL_VERSION = 23;

export const contracts: Readonly<Record<string, Contract>> = {
  chat: chatContract,
  control: controlContract,
  network: networkContract,
  shell: shellContract,
  vault: vaultContract,
};

declare const BUILT_SCHEMA_HASH: string | undefined;

/** The SHA-256 of `describeContracts()` in hex, which a bundle brings along because describing takes as long as half of a process' start; undefined in what runs from source. */
export const builtSchemaHash = typeof BUILT_SCHEMA_HASH === "string" ? BUILT_SCHEMA_HASH : undefined;

/** A canonical description of every verb, to be hashed: two builds that differ in it must not talk to each other. */
export function describeContracts(): string {
  const describe = (schema: z.ZodType): unknown => z.toJSONSchema(schema, { unrepresentable: "any", io: "input" });
  const lines: string[] = [];
  for (const [name, contract] of Object.entries(contracts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const [method, verb] of Object.entries(contract).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const shape = verb.kind === "call" ? [describe(verb.params), describe(verb.result)] : [describe(verb.payload)];
      lines.push(JSON.stringify([name, method, verb.kind, verb.sensitivity, shape]));
    }
  }
  return lines.join("\n");
}
