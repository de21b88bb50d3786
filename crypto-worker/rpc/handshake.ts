import { CodedError } from "../../protocol/errors.ts";
import { builtSchemaHash, describeContracts, PROTOCOL_VERSION } from "../../protocol/version.ts";
import { sha256 } from "../primitives/hash.ts";

type Hello = { readonly version: number; readonly schemaHash: string };

/** Two builds that differ in their contracts must not talk: every other call is refused until the other side has named the same. */
export class Handshake {
  readonly #ours: Hello = {
    version: PROTOCOL_VERSION,
    schemaHash: builtSchemaHash ?? Buffer.from(sha256(describeContracts())).toString("hex"),
  };
  #agreed = false;

  hello(theirs: Hello): Hello {
    this.#agreed = theirs.version === this.#ours.version && theirs.schemaHash === this.#ours.schemaHash;
    this.require();
    return this.#ours;
  }

  require(): void {
    if (!this.#agreed) throw new CodedError("protocol-mismatch");
  }
}
