import { beforeEach, describe, expect, test } from "vitest";
import type { WrappedKey } from "../../../protocol/control.ts";
import type { VaultTask } from "../../../protocol/vault.ts";
import { systemEnv } from "../../primitives/system-env.ts";
import { StoreKeyCustody } from "./store-key-custody.ts";
import { unwrapStoreKey, type StoreKey } from "./wrapped-key.ts";

const FIRST = "correct horse battery";
const SECOND = "another staple entirely";
const never = new AbortController().signal;

let custody: StoreKeyCustody;
let tasks: VaultTask[];
beforeEach(() => {
  custody = new StoreKeyCustody(systemEnv);
  tasks = [];
  custody.onTask((task) => tasks.push(task));
});

describe("a key that is wrapped anew", () => {
  test("gets another passphrase after the present one was typed; the old wrapping still opens", async () => {
    const { bytes, wrapped } = await passphraseWrapped();
    const answer = custody.rewrap({ from: { wrap: "passphrase", wrapped }, to: "passphrase" }, opens(bytes), never);
    expect(custody.task).toEqual({ kind: "change-passphrase", next: true, failures: 0 });
    await expect(custody.changePassphrase(FIRST, null)).rejects.toMatchObject({ code: "invalid-request" });
    await expect(custody.changePassphrase(FIRST, "aaaaaaaaa")).rejects.toMatchObject({ code: "weak-passphrase" });
    await expect(custody.changePassphrase(SECOND, SECOND)).rejects.toMatchObject({ code: "wrong-passphrase" });
    expect(custody.task).toEqual({ kind: "change-passphrase", next: true, failures: 1 });
    await custody.changePassphrase(FIRST, SECOND);
    const result = await answer;
    if (result.wrap !== "passphrase") throw new Error("another wrapping");
    expect(await unwrapped(result.wrapped, SECOND)).toEqual(bytes);
    expect(await unwrapped(result.wrapped, FIRST)).toBeUndefined();
    expect(await unwrapped(wrapped, FIRST)).toEqual(bytes);
    expect(custody.task).toEqual({ kind: "idle" });
    // It was only lent: nothing could be opened with it now.
    expect(() => custody.use(() => undefined)).toThrow("locked");
  });

  test("goes to the keychain after the passphrase was typed, and no copy of the reply stays", async () => {
    const { bytes, wrapped } = await passphraseWrapped();
    const answer = custody.rewrap({ from: { wrap: "passphrase", wrapped }, to: "keychain" }, opens(bytes), never);
    expect(custody.task).toEqual({ kind: "change-passphrase", next: false, failures: 0 });
    await expect(custody.changePassphrase(FIRST, SECOND)).rejects.toMatchObject({ code: "invalid-request" });
    const posted = answer.then((result) =>
      result.wrap === "keychain" ? { storeKey: result.storeKey, seen: [...result.storeKey] } : undefined,
    );
    await custody.changePassphrase(FIRST, null);
    const { storeKey, seen } = (await posted) ?? {};
    expect(seen).toEqual([...bytes]);
    await new Promise(setImmediate);
    expect(storeKey).toEqual(new Uint8Array(32));
  });

  test("comes out of the keychain into a passphrase; main's copy is wiped", async () => {
    const bytes = Uint8Array.from(systemEnv.randomBytes(32));
    const given = Uint8Array.from(bytes);
    const answer = custody.rewrap({ from: { wrap: "keychain", storeKey: given }, to: "passphrase" }, opens(bytes), never);
    expect(given).toEqual(new Uint8Array(32));
    expect(custody.task).toEqual({ kind: "create-passphrase" });
    await custody.createPassphrase(FIRST);
    const result = await answer;
    if (result.wrap !== "passphrase") throw new Error("another wrapping");
    expect(await unwrapped(result.wrapped, FIRST)).toEqual(bytes);
    expect(() => custody.use(() => undefined)).toThrow("locked");
  });

  test("that is not the key of the open store is refused: its wrapping would lock the person out", async () => {
    const { wrapped } = await passphraseWrapped();
    const other = opens(systemEnv.randomBytes(32));
    await expect(
      custody.rewrap({ from: { wrap: "keychain", storeKey: systemEnv.randomBytes(32) }, to: "passphrase" }, other, never),
    ).rejects.toMatchObject({ code: "store-wrong-key" });
    expect(custody.task).toEqual({ kind: "idle" });
    const answer = custody.rewrap({ from: { wrap: "passphrase", wrapped }, to: "keychain" }, other, never);
    const outcomes = await Promise.allSettled([answer, custody.changePassphrase(FIRST, null)]);
    expect(outcomes).toMatchObject([{ reason: { code: "store-wrong-key" } }, { reason: { code: "store-wrong-key" } }]);
    expect(custody.task).toEqual({ kind: "idle" });
  });

  test("can be given up by the person and by main, also while the passphrase is being tried", async () => {
    const { bytes, wrapped } = await passphraseWrapped();
    const from = { wrap: "passphrase", wrapped } as const;
    const first = custody.rewrap({ from, to: "passphrase" }, opens(bytes), never);
    const trying = custody.changePassphrase(FIRST, SECOND);
    const outcomes = Promise.allSettled([first, trying]);
    custody.cancelTask();
    expect(await outcomes).toMatchObject([{ reason: { code: "cancelled" } }, { reason: { code: "cancelled" } }]);
    const controller = new AbortController();
    const second = custody.rewrap({ from, to: "keychain" }, opens(bytes), controller.signal);
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "cancelled" });
    const third = custody.rewrap({ from: { wrap: "keychain", storeKey: Uint8Array.from(bytes) }, to: "passphrase" }, opens(bytes), never);
    custody.cancelTask();
    await expect(third).rejects.toMatchObject({ code: "cancelled" });
    expect(tasks.at(-1)).toEqual({ kind: "idle" });
  });
});

test("before an account is open there is nothing to go back to, so its tasks cannot be given up in the vault", async () => {
  expect(() => custody.cancelTask()).toThrow("conflict");
  const controller = new AbortController();
  const made = custody.newKey("passphrase", controller.signal);
  expect(() => custody.cancelTask()).toThrow("conflict");
  controller.abort();
  await expect(made).rejects.toMatchObject({ code: "cancelled" });
});

/** A key wrapped with the first passphrase, as a profile holds it. */
async function passphraseWrapped(): Promise<{ readonly bytes: Uint8Array; readonly wrapped: WrappedKey }> {
  const made = custody.newKey("passphrase", never);
  await custody.createPassphrase(FIRST);
  const result = await made;
  if (result.wrap !== "passphrase") throw new Error("not wrapped");
  const bytes = custody.use((key) => Uint8Array.from(key));
  custody.release();
  return { bytes, wrapped: result.wrapped };
}

async function unwrapped(wrapped: WrappedKey, passphrase: string): Promise<Uint8Array | undefined> {
  const key = await unwrapStoreKey(wrapped, passphrase);
  return key.ok ? key.value.use((bytes) => Uint8Array.from(bytes)) : undefined;
}

const opens =
  (bytes: Uint8Array) =>
  (key: StoreKey): boolean =>
    key.use((candidate) => Buffer.compare(candidate, bytes) === 0);
