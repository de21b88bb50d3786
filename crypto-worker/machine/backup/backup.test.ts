import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { enable, uploadAll, write } from "../../../tests/support/backup-world.ts";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { Secret } from "../../primitives/secret.ts";
import { OlmMachine } from "../olm-machine.ts";

const USER = "@alice:example.org";

let alice: TestDevice;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  alice = new TestDevice(new KeyServer(), USER, "A1", new TestClock());
});

describe("the decryption key", () => {
  test("GHSA-9ggc-845v-gcgv: after a restart keys still go to the public key, and the private one reads them", () => {
    const backup = enable(alice);
    alice.restart();
    write(alice, 2);
    expect(alice.machine.backup.current()).toEqual({ version: "1", publicKey: backup.publicKey });
    const { keys } = uploadAll(alice);
    const bob = alice.another("A2");
    expect(bob.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys })).toMatchObject({ importedCount: 2 });
    const saved = alice.machine.backup.decryptionKey();
    expect(saved?.privateKey.equals(backup.privateKey)).toBe(true);
    expect(saved?.publicKey).toBe(backup.publicKey);
  });

  test("nothing of it shows when it is printed", () => {
    const backup = enable(alice);
    const base64 = backup.privateKey.use((bytes) => Buffer.from(bytes).toString("base64"));
    const shown = [backup, alice.machine.backup.decryptionKey(), alice.machine.backup].map(
      (value) => inspect(value, { depth: 9 }) + JSON.stringify(value),
    );
    expect(shown.join(" ")).not.toContain(base64.slice(0, 16));
  });

  test("is refused where another key's backup is enabled, and forgotten where another backup is", () => {
    const { publicKey } = enable(alice);
    const other = alice.machine.backup.createInfo();
    expect(() => alice.machine.backup.saveDecryptionKey({ privateKey: other.privateKey, version: "1" })).toThrow("wrong-backup-key");
    expect(() => alice.machine.backup.saveDecryptionKey({ privateKey: Secret.from(randomBytes(31), "x"), version: "1" })).toThrow(
      "invalid-backup-key",
    );
    expect(alice.machine.backup.decryptionKey()?.publicKey).toBe(publicKey);
    alice.machine.backup.enable({ publicKey: other.publicKey, version: "2" });
    expect(alice.machine.backup.decryptionKey()).toBeUndefined();
    expect(() => alice.machine.backup.restoreBatch([])).toThrow("no-backup-key");
  });

  test("stays with its key when the version changes", () => {
    const { publicKey } = enable(alice);
    alice.machine.backup.enable({ publicKey, version: "2" });
    expect(alice.machine.backup.decryptionKey()).toMatchObject({ version: "2", publicKey });
    alice.machine.backup.forgetDecryptionKey();
    expect(alice.machine.backup.decryptionKey()).toBeUndefined();
  });
});
