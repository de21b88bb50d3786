import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseDeviceId, parseMxcUri, parseUserId } from "../../protocol/ids.ts";
import { AttachmentVerifier } from "../../crypto-worker/machine/attachments/attachment-decryptor.ts";
import { AttachmentEncryptor } from "../../crypto-worker/machine/attachments/attachment-encryptor.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { Account } from "../../crypto-worker/primitives/account.ts";
import { openSqlCipherStore } from "../../crypto-worker/store/store.ts";
import { encodeDeviceKeys } from "../../crypto-worker/wire/device-keys.ts";
import { encodeEncryptedFile, parseEncryptedFile, type AttachmentKeys } from "../../crypto-worker/wire/encrypted-file.ts";
import { encodeOneTimeKeys } from "../../crypto-worker/wire/one-time-key.ts";
import type { JsonObject } from "../../crypto-worker/wire/json.ts";
import type { ScaleCase } from "./scale.ts";
import { keysClaimResponse, keysQueryResponse, Sender, type Uploaded } from "./world.ts";

const [name, step, directory = "."] = process.argv.slice(2);
const KEY = new Uint8Array(32).fill(7);
const open = () => openSqlCipherStore({ path: join(directory, "store.db"), key: KEY });
const openMachine = () => {
  const store = open();
  return { store, machine: OlmMachine.open({ userId: "@alice:example.org", deviceId: "ALICE", store }) };
};

const WORDS = "the quick brown fox jumps over a lazy dog while seven wizards box with vexed judges near quartz hills".split(" ");

const PIECE = 1 << 20;
const PIECES = 1024;

/** `prepare` leaves a store or a file; `measure` answers how to do the one thing that is measured, which answers how many megabytes it was where that says something. */
const cases: Record<ScaleCase, { prepare: () => void; measure: () => () => number | void }> = {
  open100kSessions: {
    prepare: () => {
      const { store, machine } = openMachine();
      for (let i = 0; i < 100; i++) machine.importRoomKeys(Array.from({ length: 1000 }, (_, j) => fakeRoomKey(i * 1000 + j)));
      machine.close();
      store.close();
    },
    measure: () => () => void openMachine(),
  },
  sync1000RoomKeys: {
    prepare: () => {
      const { store, machine } = openMachine();
      const upload = machine.outgoingRequests().find(({ kind }) => kind === "keys_upload");
      if (upload === undefined) throw new Error("nothing to upload");
      machine.markRequestAsSent(upload.id, { one_time_key_counts: { signed_curve25519: 50 } });
      const alice: Uploaded = { userId: machine.userId, deviceId: machine.deviceId, body: upload.body, claimed: 0 };
      const sender = new Sender("@bob:example.org", "BOB");
      sender.meet([alice]);
      const events = Array.from({ length: 1000 }, (_, i) => sender.roomKeyFor(alice, `!room${i}:example.org`));
      writeFileSync(join(directory, "events.json"), JSON.stringify(events));
      machine.close();
      store.close();
    },
    measure: () => {
      const { machine } = openMachine();
      const toDeviceEvents = JSON.parse(readFileSync(join(directory, "events.json"), "utf8")) as unknown[];
      return () => {
        const { roomKeys } = machine.receiveSyncChanges({ toDeviceEvents, oneTimeKeyCounts: { signed_curve25519: 50 } });
        if (roomKeys.length !== 1000) throw new Error("keys are missing");
      };
    },
  },
  share2000Devices: {
    prepare: () => {
      const { store, machine } = openMachine();
      const crowd = Array.from({ length: 2000 }, (_, i) => fakeDevice(i));
      const userIds = crowdUsers();
      machine.updateTrackedUsers(userIds);
      for (const { id, kind } of machine.outgoingRequests())
        if (kind === "keys_query") machine.markRequestAsSent(id, keysQueryResponse(crowd));
      const claim = machine.getMissingSessions(userIds);
      if (claim === undefined) throw new Error("no session is missing");
      machine.markRequestAsSent(claim.id, keysClaimResponse(crowd, true));
      machine.close();
      store.close();
    },
    measure: () => {
      const { machine } = openMachine();
      return () => {
        if (machine.shareRoomKey("!room:example.org", crowdUsers()).length !== 8) throw new Error("not everyone gets the key");
      };
    },
  },
  search1MMessages: {
    prepare: () => {
      const store = open();
      for (let i = 0; i < 1000; i++)
        store.transaction(() => {
          for (let j = 0; j < 1000; j++) store.searchIndex.save(i * 1000 + j + 1, message(i * 1000 + j));
        });
      store.close();
    },
    measure: () => {
      const store = open();
      const query = "wizards 99999";
      return () => {
        if (store.searchIndex.find(query, 50).length === 0) throw new Error("nothing was found");
      };
    },
  },
  encryptFile1GB: {
    prepare: () => undefined,
    measure: () => () => encryptPieces(() => undefined).megabytes,
  },
  decryptFile1GB: {
    prepare: () => {
      const file = openSync(join(directory, "file"), "w");
      const { keys } = encryptPieces((ciphertext) => void writeSync(file, ciphertext));
      closeSync(file);
      const url = parseMxcUri("mxc://example.org/file");
      if (!url.ok) throw new Error(url.error);
      writeFileSync(join(directory, "keys.json"), JSON.stringify(encodeEncryptedFile(url.value, keys)));
    },
    measure: () => {
      const parsed = parseEncryptedFile(JSON.parse(readFileSync(join(directory, "keys.json"), "utf8")));
      if (!parsed.ok) throw new Error(parsed.error);
      return () => {
        const verifier = new AttachmentVerifier(parsed.value);
        readPieces((piece) => verifier.push(piece));
        const decryptor = verifier.finish();
        if (!decryptor.ok) throw new Error(decryptor.error);
        readPieces((piece) => decryptor.value.push(piece));
        if (!decryptor.value.finish().ok) throw new Error("the second pass saw another file");
        return PIECES;
      };
    },
  },
};

await OlmMachine.ready();
const chosen = name !== undefined && name in cases ? cases[name as ScaleCase] : undefined;
if (chosen === undefined) throw new Error("no such case");
if (step === "prepare") chosen.prepare();
else {
  const run = chosen.measure();
  const start = performance.now();
  const megabytes = run();
  const ms = performance.now() - start;
  const speed = megabytes === undefined ? {} : { megabytesPerSecond: megabytes / (ms / 1000) };
  console.log(JSON.stringify({ ms, peakMemoryMb: process.resourceUsage().maxRSS / 1024, ...speed }));
}
process.exit(0);

/** Through the pieces that the client uses, into whatever takes the ciphertext. */
function encryptPieces(take: (ciphertext: Uint8Array) => void): { readonly keys: AttachmentKeys; readonly megabytes: number } {
  const encryptor = new AttachmentEncryptor({ randomBytes });
  const piece = randomBytes(PIECE);
  for (let i = 0; i < PIECES; i++) take(encryptor.push(piece));
  return { keys: encryptor.finish(), megabytes: PIECES };
}

function readPieces(take: (piece: Uint8Array) => void): void {
  const file = openSync(join(directory, "file"), "r");
  const piece = Buffer.alloc(PIECE);
  while (readSync(file, piece) === PIECE) take(piece);
  closeSync(file);
}

function crowdUsers(): string[] {
  return Array.from({ length: 200 }, (_, i) => `@user${i}:example.org`);
}

/** In the export format; nobody can tell random bytes from a ratchet. */
function fakeRoomKey(i: number): JsonObject {
  const bytes = randomBytes(165);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt32BE(0, 1);
  const base64 = (part: Buffer): string => part.toString("base64").replace(/=+$/, "");
  return {
    algorithm: "m.megolm.v1.aes-sha2",
    room_id: `!room${i % 1000}:example.org`,
    sender_key: base64(randomBytes(32)),
    session_id: base64(bytes.subarray(133)),
    session_key: base64(bytes),
    sender_claimed_keys: { ed25519: base64(randomBytes(32)) },
    forwarding_curve25519_key_chain: [],
  };
}

function fakeDevice(i: number): Uploaded {
  const userId = parseUserId(`@user${i % 200}:example.org`);
  const deviceId = parseDeviceId(`DEVICE${i}`);
  if (!userId.ok || !deviceId.ok) throw new Error("bad ids");
  const owner = { userId: userId.value, deviceId: deviceId.value };
  using account = Account.create();
  account.generateOneTimeKeys(1);
  const sign = (text: string): string => account.sign(text);
  const unsigned = encodeOneTimeKeys(account.unpublishedOneTimeKeys(), false, owner);
  const keys = unsigned.signed(unsigned.messages.map(sign));
  const deviceKeys = encodeDeviceKeys({ ...owner, ...account.identityKeys }, sign);
  return { ...owner, body: { device_keys: deviceKeys, one_time_keys: keys }, claimed: 0 };
}

function message(i: number): string {
  const words = Array.from({ length: 8 }, (_, k) => WORDS[(i * 7 + k * 13 + (i >> k)) % WORDS.length]);
  return `${words.join(" ")} ${i}`;
}
