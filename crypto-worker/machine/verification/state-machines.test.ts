// Every state × every input of the three machines, explored from the beginning. docs/state-machines/ is the expected result; `vitest -u` writes it anew, and
// whoever does that reads the difference.
import { describe, expect, test } from "vitest";
import {
  ADDRESS,
  ALICE,
  partiesOf,
  received,
  sasInputs,
  sasStart,
  START,
  swapped,
  TestEnv,
  unwrap,
} from "../../../tests/support/verification-kit.ts";
import { Secret } from "../../primitives/secret.ts";
import type { OutgoingMessage } from "./message.ts";
import type { QrCode } from "./qr-code.ts";
import { scanQr, showQr, stepQr, type QrInput, type QrState } from "./qr.ts";
import { REQUEST_TIMEOUT, stepRequest, type RequestInput, type RequestState } from "./request.ts";
import { receiveSasStart, startSas, stepSas, type SasState } from "./sas.ts";

type Edge = { readonly from: string; readonly input: string; readonly to: string; readonly sends: string };

type Machine<S> = {
  readonly name: string;
  readonly about: string;
  readonly initial: readonly S[];
  readonly nameOf: (state: S) => string;
  /** What follows by each input, by its name. */
  readonly next: (state: S) => ReadonlyMap<string, { readonly state: S; readonly sends: string }>;
};

const described = (messages: readonly OutgoingMessage[]): string =>
  messages.map((message) => (message.type === "cancel" ? `cancel ${message.code}` : message.type)).join(", ");

const endOf = (state: SasState | QrState | RequestState): string => (state.kind === "cancelled" ? `cancelled ${state.code}` : state.kind);

const parties = partiesOf();

const sas: Machine<SasState> = {
  name: "sas",
  about: "Short authentication strings. `crypto-worker/machine/verification/sas.ts`",
  initial: [startSas(parties, ADDRESS, new TestEnv()).state, receiveSasStart(parties, ADDRESS, sasStart(), true, new TestEnv()).state],
  nameOf: endOf,
  next: (state) => {
    const steps = [...sasInputs(state, new TestEnv(60))].map(([name, found]) => {
      const step = stepSas(state, found.input, new TestEnv(60).with("current" in found ? found.current : parties.theirs));
      return [name, { state: step.state, sends: described(step.effects) }] as const;
    });
    return new Map(steps);
  },
};

const qrParties = partiesOf(ALICE, ALICE);
const shown = unwrap(showQr(qrParties, "flow", new TestEnv(50)));

function qrInputs(): ReadonlyMap<string, { readonly input: QrInput; readonly changed?: true }> {
  const hear = (message: OutgoingMessage): { input: QrInput } => {
    const { message: parsed, text } = received(message);
    if (parsed.type !== "done" && !(parsed.type === "start" && parsed.method === "m.reciprocate.v1")) throw new Error("not for a QR flow");
    return { input: { kind: "message", received: { message: parsed, text } } };
  };
  const secret = Buffer.alloc(16, 50).toString("base64").replaceAll("=", "");
  return new Map<string, { readonly input: QrInput; readonly changed?: true }>([
    ["user confirms", { input: { kind: "confirm" } }],
    ["user cancels", { input: { kind: "cancel", code: "m.user" } }],
    ["they cancel", { input: { kind: "peer-cancel", code: "m.user" } }],
    ["start with our secret", hear({ type: "start", method: "m.reciprocate.v1", secret })],
    ["start with another secret", hear({ type: "start", method: "m.reciprocate.v1", secret: "AAAA" })],
    ["done", hear({ type: "done" })],
    ["done, their keys have changed", { ...hear({ type: "done" }), changed: true }],
  ]);
}

const scannedCode: QrCode = {
  mode: "self-trusting",
  flowId: "flow",
  firstKey: qrParties.ours.masterKey ?? qrParties.ours.deviceKey,
  secondKey: qrParties.theirs.deviceKey,
  secret: Secret.from(new Uint8Array(16), "qr-secret"),
};

const qr: Machine<QrState> = {
  name: "qr",
  about: "QR codes: shown (from `expect-scan`) or scanned (from `expect-shower-done`). `crypto-worker/machine/verification/qr.ts`",
  initial: [shown, scanQr(swapped(qrParties), "flow", scannedCode).state],
  nameOf: endOf,
  next: (state) => {
    const steps = [...qrInputs()].map(([name, { input, changed }]) => {
      const step = stepQr(state, input, { current: changed ? undefined : state.parties.theirs });
      return [name, { state: step.state, sends: described(step.effects) }] as const;
    });
    return new Map(steps);
  },
};

const base = { createdAt: START, recipients: [parties.theirs.deviceId] };
const theirs = { theirDevice: parties.theirs.deviceId, theirMethods: ["m.sas.v1"] } as const;
const request: Machine<RequestState> = {
  name: "request",
  about:
    "The handshake before a method, ours (from `expect-ready`) or theirs (from `expect-user-accept`), and its end. `crypto-worker/machine/verification/request.ts`",
  initial: [
    { ...base, weStarted: true, kind: "expect-ready", ourMethods: ["m.sas.v1"], theirDevice: undefined },
    { ...base, weStarted: false, recipients: [], kind: "expect-user-accept", ...theirs },
  ],
  nameOf: endOf,
  next: (state) => {
    const inputs: readonly (readonly [string, RequestInput])[] = [
      ["user accepts", { kind: "accept", methods: ["m.sas.v1"] }],
      ["ready", { kind: "ready", device: theirs.theirDevice, methods: ["m.sas.v1"] }],
      ["another device of ours answers", { kind: "answered-elsewhere" }],
      ["a method starts", { kind: "method-started" }],
      ...(state.kind === "expect-method-end" || state.kind === "done" ? [["the method is done", { kind: "method-done" }] as const] : []),
      ["the method is cancelled", { kind: "method-cancelled", cancellation: { code: "m.key_mismatch", byUs: true } }],
      ["user cancels", { kind: "cancel", code: "m.user" }],
      ["they cancel", { kind: "peer-cancel", code: "m.user" }],
      ["9 min pass", { kind: "tick", now: START + 9 * 60_000 }],
      ["more than 10 min pass", { kind: "tick", now: START + REQUEST_TIMEOUT + 1 }],
    ];
    return new Map(
      inputs.map(([name, input]) => {
        const { state: next, effects } = stepRequest(state, input);
        const sends = effects.map(({ to, message }) => `${described([message])} to ${to}`).join(", ");
        return [name, { state: next, sends }] as const;
      }),
    );
  },
};

function explore<S>({ initial, nameOf, next }: Machine<S>): { states: string[]; inputs: string[]; edges: Edge[] } {
  const seen = new Map<string, S>();
  const inputs = new Set<string>();
  const edges: Edge[] = [];
  const queue = [...initial];
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    const from = nameOf(state);
    if (seen.has(from)) continue;
    seen.set(from, state);
    for (const [input, { state: following, sends }] of next(state)) {
      inputs.add(input);
      edges.push({ from, input, to: nameOf(following), sends });
      queue.push(following);
    }
  }
  return { states: [...seen.keys()], inputs: [...inputs], edges };
}

const isCancelled = (name: string): boolean => name.startsWith("cancelled");

function document<S>(machine: Machine<S>): string {
  const { states, inputs, edges } = explore(machine);
  const open = states.filter((state) => !isCancelled(state));
  const arrows = edges.filter(({ from, to }) => from !== to && !isCancelled(to));
  const id = (name: string): string => name.replaceAll("-", "_");
  const cell = (input: string, from: string): string => {
    const edge = edges.find((candidate) => candidate.input === input && candidate.from === from);
    if (edge === undefined) return "never";
    if (edge.to === from && edge.sends === "") return "·";
    if (isCancelled(edge.to)) return edge.sends === "" ? "ended by them" : edge.sends;
    return edge.sends === "" ? edge.to : `${edge.to}, sends ${edge.sends}`;
  };
  return [
    `# The ${machine.name} machine\n`,
    `${machine.about}. Made by stepping it with every input from its first states; the test beside the code fails when this file is stale.\n`,
    "```mermaid\nstateDiagram-v2",
    ...machine.initial.map((state) => `  [*] --> ${id(machine.nameOf(state))}`),
    ...arrows.map(({ from, to, input }) => `  ${id(from)} --> ${id(to)}: ${input}`),
    "```\n",
    "Every input in every state; `·` changes nothing, `cancel` ends it and tells them why. Whatever is cancelled stays so.\n",
    `| input | ${open.map((state) => `\`${state}\``).join(" | ")} |`,
    `| --- | ${open.map(() => "---").join(" | ")} |`,
    ...inputs.map((input) => `| ${input} | ${open.map((state) => cell(input, state)).join(" | ")} |`),
  ].join("\n");
}

describe("sas", () => {
  check(sas, ["expect-done"]);
});
describe("qr", () => {
  check(qr, ["expect-scanner-done", "expect-shower-done"]);
});
describe("request", () => {
  check(request, ["expect-method-end"]);
});

function check<S>(machine: Machine<S>, beforeDone: readonly string[]): void {
  test("its transitions are those of the document", async () => {
    await expect(`${document(machine)}\n`).toMatchFileSnapshot(`../../../docs/state-machines/${machine.name}.md`);
  });

  test("ended is ended", () => {
    const { edges } = explore(machine);
    for (const { from, to, sends } of edges) {
      if (from === "done" || from === "answered-elsewhere" || isCancelled(from)) expect([to, sends]).toEqual([from, ""]);
    }
  });

  test("done is reached, and only from where its last witness is made", () => {
    const before = new Set(explore(machine).edges.flatMap(({ from, to }) => (to === "done" && from !== "done" ? [from] : [])));
    expect([...before].toSorted()).toEqual(beforeDone);
  });
}
