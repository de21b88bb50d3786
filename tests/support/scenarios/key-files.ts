import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OlmMachine as WasmMachine, initAsync } from "@matrix-org/matrix-sdk-crypto-wasm";
import { expect } from "vitest";
import { ForeignRecovery } from "../foreign-recovery.ts";
import type { Scenario } from "./scenario.ts";

const PHRASE = "for the file";

export const keyFiles: readonly Scenario[] = [
  {
    name: "room keys go from Bulkhead to js-sdk in a file, and back in another",
    async play(world) {
      await initAsync();
      const folder = world.newProfile();
      mkdirSync(folder, { recursive: true });
      const ours = await world.bulkhead(world.account("kim"));
      const roomId = await ours.createRoom({ invite: [] });
      await ours.send(roomId, "by kim");
      const path = join(folder, "keys.txt");
      expect(await ours.call("exportKeys", { path, passphrase: PHRASE })).toEqual({ count: 1 });
      if (process.platform !== "win32") expect(statSync(path).mode & 0o077).toBe(0);

      const theirs = await world.foreign(ours.account);
      const foreign = new ForeignRecovery(theirs);
      await foreign.importRoomKeys(WasmMachine.decryptExportedRoomKeys(readFileSync(path, "utf8"), PHRASE));
      await theirs.read(roomId, "by kim");
      await theirs.send(roomId, "by js-sdk");

      writeFileSync(path, WasmMachine.encryptExportedRoomKeys(await foreign.roomKeys(), PHRASE, 100_000));
      const next = await world.bulkhead(ours.account, "login");
      await expect(next.call("importKeys", { path, passphrase: "another" })).rejects.toMatchObject({ code: "wrong-passphrase" });
      await expect(next.call("importKeys", { path: join(folder, "none"), passphrase: PHRASE })).rejects.toMatchObject({
        code: "not-found",
      });
      expect(await next.call("importKeys", { path, passphrase: PHRASE })).toEqual({ count: 2, imported: 2 });
      await next.read(roomId, "by kim");
      await next.read(roomId, "by js-sdk");
      writeFileSync(path, "no keys at all");
      await expect(next.call("importKeys", { path, passphrase: PHRASE })).rejects.toMatchObject({ code: "key-file-malformed" });
    },
  },
];
