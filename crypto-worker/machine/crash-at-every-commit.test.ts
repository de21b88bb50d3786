import { beforeAll, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../tests/support/machine-world.ts";
import { openMemoryStore, type CryptoStore } from "../store/store.ts";
import { stringField, type JsonObject } from "../wire/json.ts";
import { OlmMachine } from "./olm-machine.ts";

// The process dies at each transaction of a conversation in turn, right before its commit and right after it. What was committed is there, what was not is
// as if it had never been, and everyone reads everything all the same.

const ROOM = "!room:example.org";
const ADA = "@ada:example.org";
const BOB = "@bob:example.org";

class Death extends Error {}

/** A store at whose n-th transaction the process dies. Only outermost ones count: those are the commits. */
class MortalStore {
  readonly store: CryptoStore = openMemoryStore();
  commits = 0;
  #depth = 0;

  constructor(dieAt: number, when: "before" | "after") {
    const transaction = this.store.transaction.bind(this.store);
    this.store.transaction = <T>(work: () => T): T => {
      if (this.#depth > 0) return transaction(work);
      this.commits += 1;
      const dies = this.commits === dieAt;
      this.#depth += 1;
      try {
        const value = transaction(() => {
          const result = work();
          if (dies && when === "before") throw new Death();
          return result;
        });
        if (dies) throw new Death();
        return value;
      } finally {
        this.#depth -= 1;
      }
    };
  }
}

/** Does what a client does: keeps what it has from the server until it is committed, and begins again after a death. */
class Client {
  readonly device: TestDevice;
  readonly #mortal: MortalStore | undefined;
  #batch: ReturnType<KeyServer["sync"]> | undefined;

  constructor(server: KeyServer, clock: TestClock, userId: string, deviceId: string, mortal?: MortalStore) {
    this.#mortal = mortal;
    const open = (): TestDevice => new TestDevice(server, userId, deviceId, clock, mortal?.store ?? openMemoryStore());
    let device: TestDevice | undefined;
    while (device === undefined) {
      try {
        device = open();
      } catch (error) {
        if (!(error instanceof Death)) throw error;
      }
    }
    this.device = device;
    this.again(() => this.device.flush());
  }

  get commits(): number {
    return this.#mortal?.commits ?? 0;
  }

  again<T>(work: () => T): T {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof Death)) throw error;
        this.#restart();
      }
    }
  }

  hear(changed: string[] = []): void {
    this.again(() => {
      // The server forgets a batch only when a later request acknowledges it: one that was not committed comes again, and one that was may.
      this.#batch ??= this.device.server.sync(this.device.userId, this.device.deviceId);
      this.device.machine.receiveSyncChanges({ ...this.#batch, deviceLists: { changed } });
      this.#batch = undefined;
    });
    this.again(() => this.device.flush());
  }

  say(members: readonly string[], body: string): JsonObject {
    const { device } = this;
    this.again(() => {
      device.machine.updateTrackedUsers(members);
      device.flush();
      device.send(device.machine.getMissingSessions(members));
    });
    return this.again(() => {
      device.send(...device.machine.shareRoomKey(ROOM, members, { rotationPeriodMsgs: 3 }));
      const content = device.machine.encryptRoomEvent(ROOM, "m.room.message", { msgtype: "m.text", body });
      return { type: "m.room.encrypted", room_id: ROOM, sender: device.userId, event_id: `$${body}`, origin_server_ts: 1, content };
    });
  }

  read(event: JsonObject): unknown {
    const result = this.again(() => this.device.machine.decryptRoomEvent(event, ROOM));
    return result.ok ? result.event.content["body"] : result.reason.code;
  }

  #restart(): void {
    this.again(() => this.device.restart());
  }
}

/** What an event says is in its id too. */
const bodyOf = (event: JsonObject): string => (stringField(event, "event_id") ?? "").slice(1);

/** Answers how many transactions the mortal one had. */
function converse(dieAt: number, when: "before" | "after"): number {
  const [server, clock] = [new KeyServer(), new TestClock()];
  const ada = new Client(server, clock, ADA, "ADA", new MortalStore(dieAt, when));
  const bob = new Client(server, clock, BOB, "BOB");
  const members = [ADA, BOB];
  const events: JsonObject[] = [];
  ada.again(() => {
    ada.device.send(...ada.device.machine.bootstrapCrossSigning());
  });
  for (let round = 0; round < 3; round++) {
    // Five of hers and a limit of three: the key rotates on the way. What Bob says makes her receive pre-key messages, and answers on his sessions.
    for (const body of ["a", "b"]) events.push(ada.say(members, `ada ${body}${round}`));
    bob.hear([ADA]);
    events.push(bob.say(members, `bob ${round}`));
    ada.hear([BOB]);
    for (const event of events) expect([ada.read(event), bob.read(event)]).toEqual([bodyOf(event), bodyOf(event)]);
  }
  const late = new Client(server, clock, BOB, "LATE");
  ada.hear([BOB]);
  bob.hear([BOB]);
  const last = ada.say(members, "ada last");
  for (const client of [bob, late]) client.hear();
  expect([bob.read(last), late.read(last), late.read(events[0] ?? {})]).toEqual(["ada last", "ada last", "MissingMegolmSession"]);
  // Her keys leave and come into another device.
  const keys = ada.again(() => ada.device.machine.exportRoomKeys());
  late.device.machine.importRoomKeys(keys);
  expect(events.map((event) => late.read(event))).toEqual(events.map(bodyOf));
  const { commits } = ada;
  for (const { device } of [ada, bob, late]) {
    device.machine.close();
    device.store.close();
  }
  return commits;
}

beforeAll(() => OlmMachine.ready());

describe("a process that dies at one of its transactions", () => {
  test("is that of a conversation with many of them", () => {
    expect(converse(0, "before")).toBeGreaterThan(60);
  });

  test.each(["before", "after"] as const)(
    "loses nothing, whichever it is: right %s its commit",
    (when) => {
      const commits = converse(0, when);
      for (let dieAt = 1; dieAt <= commits; dieAt++) {
        try {
          converse(dieAt, when);
        } catch (error) {
          throw new Error(`when it dies ${when} commit ${dieAt} of ${commits}`, { cause: error });
        }
      }
    },
    300_000,
  );
});
