import { createHash } from "node:crypto";
import { builtSchemaHash, describeContracts } from "../../protocol/version.ts";

/** SHA-256 of every contract, in hex: two builds that differ in it must not talk to each other. */
export const schemaHash = (): string => builtSchemaHash ?? createHash("sha256").update(describeContracts()).digest("hex");
