// Every goal from every state of things, with every end that a task can have. docs/state-machines/recovery.md is the expected result; `vitest -u` writes it
// anew, and whoever does that reads the difference.
import { expect, test } from "vitest";
import { begin, stepRecovery, type Facts, type Goal, type RecoveryState, type Task } from "./recovery-steps.ts";

const GOALS: readonly Goal[] = ["enable", "change", "recover", "disable", "reset", "finish-reset", "finish-change"];
const SITUATIONS: readonly Facts[] = (["none", "elsewhere", "here"] as const).flatMap((identity) =>
  (["none", "locked", "open"] as const).flatMap((backup) =>
    (["none", "present"] as const).flatMap((storage) =>
      [false, true].map((backupRefused) => ({ identity, backup, storage, backupRefused, resetting: false })),
    ),
  ),
);

/** What a task that went well makes of the things. */
function after(task: Task, facts: Facts): Facts {
  switch (task) {
    case "replace-identity":
      return { ...facts, identity: "here", resetting: true };
    case "end-reset":
      return { ...facts, resetting: false };
    case "publish-identity":
    case "import-identity":
      return { ...facts, identity: facts.identity === "none" && task === "import-identity" ? "none" : "here" };
    case "create-backup":
    case "use-backup-key":
      return { ...facts, backup: "open" };
    case "delete-backup":
      return { ...facts, backup: "none" };
    case "allow-backup":
    case "refuse-backup":
      return { ...facts, backupRefused: task === "refuse-backup" };
    default:
      return facts;
  }
}

type Run = { readonly tasks: readonly Task[]; readonly end: RecoveryState };

function run(goal: Goal, situation: Facts): Run {
  const tasks: Task[] = [];
  let facts = situation;
  let state = stepRecovery(begin(goal), { kind: "facts", facts });
  while (state.kind === "expect-task") {
    tasks.push(state.task);
    facts = after(state.task, facts);
    state = stepRecovery(state, { kind: "task-done", facts });
    if (tasks.length > 30) throw new Error("it goes round in a circle");
  }
  return { tasks, end: state };
}

const describeEnd = (end: RecoveryState): string => (end.kind === "failed" ? `refused: ${end.code}` : end.kind);
const describeFacts = ({ identity, backup, storage, backupRefused }: Facts): string =>
  `${identity} | ${backup}${backupRefused ? " (refused)" : ""} | ${storage}`;

function document(): string {
  const lines = [
    "# The recovery machine\n",
    "Operations over identity, key backup and secret storage. `crypto-worker/client/recovery/recovery-steps.ts`. Made by stepping it from every state of",
    "these three; the test beside the code fails when this file is stale.\n",
    "An operation asks the server first how things stand, then does what is missing, in this order. Each task can be done twice without harm: an interrupted",
    "operation is begun again, and passes over what is there. A task that fails ends it; where the server wants the person to confirm, it waits for that.\n",
  ];
  for (const goal of GOALS) {
    const runs = SITUATIONS.map((facts) => ({ facts, ...run(goal, facts) }));
    const edges = new Set<string>();
    for (const { tasks, end } of runs) {
      if (end.kind !== "done") continue;
      const path = ["look", ...tasks, "done"];
      for (let at = 1; at < path.length; at++) edges.add(`  ${id(path[at - 1])} --> ${id(path[at])}`);
    }
    lines.push(`## ${goal}\n`, "```mermaid\nstateDiagram-v2", "  [*] --> look", ...edges, "```\n");
    lines.push("| identity | backup | storage | tasks |", "| --- | --- | --- | --- |");
    for (const { facts, tasks, end } of runs) {
      lines.push(`| ${describeFacts(facts)} | ${end.kind === "done" ? tasks.join(", ") || "nothing" : describeEnd(end)} |`);
    }
    lines.push("");
  }
  return lines.join("\n");
}

const id = (name: string | undefined): string => (name ?? "").replaceAll("-", "_");
const everywhere = (goal: Goal): Run[] => SITUATIONS.map((facts) => run(goal, facts));

test("its transitions are those of the document", async () => {
  await expect(document()).toMatchFileSnapshot("../../../docs/state-machines/recovery.md");
});

test("it always ends", () => {
  for (const goal of GOALS) for (const { end } of everywhere(goal)) expect(["done", "failed"]).toContain(end.kind);
});

test("the default key is named after everything that it opens, and only then is the old one retired", () => {
  for (const goal of ["enable", "change"] as const) {
    for (const { tasks, end } of everywhere(goal)) {
      if (end.kind !== "done") continue;
      const order = ["publish-identity", "create-backup", "write-key", "write-secrets", "set-default-key", "retire-old-key"] as const;
      expect(order.filter((task) => tasks.includes(task))).toEqual(tasks.filter((task) => task !== "allow-backup"));
      expect(tasks).toContain("set-default-key");
    }
  }
});

test("nothing is deleted unless that is what is wanted", () => {
  for (const goal of GOALS) {
    if (goal === "disable") continue;
    for (const { tasks } of everywhere(goal)) for (const task of ["delete-backup", "clear-secrets"]) expect(tasks).not.toContain(task);
  }
});

test("an identity of another device is only replaced by a reset", () => {
  for (const goal of GOALS) for (const { tasks } of everywhere(goal)) expect(tasks.includes("replace-identity")).toBe(goal === "reset");
  expect(
    run("enable", { identity: "elsewhere", backup: "none", storage: "none", backupRefused: false, resetting: false }).end,
  ).toMatchObject({
    code: "identity-exists",
  });
  // A reset that was interrupted after it goes on behind it.
  expect(run("reset", { identity: "here", backup: "open", storage: "none", backupRefused: false, resetting: true }).tasks).toEqual([
    "remove-dehydrated-device",
    "sign-backup",
    "end-reset",
  ]);
});

test("a failure ends it, in every task; but a key that is in force is given out", () => {
  for (const goal of GOALS) {
    for (const situation of SITUATIONS) {
      let facts = situation;
      let state = stepRecovery(begin(goal), { kind: "facts", facts });
      while (state.kind === "expect-task") {
        const failed = stepRecovery(state, { kind: "failure", code: "offline" });
        if (state.task === "retire-old-key" && goal !== "finish-change") expect(failed.kind).toBe("done");
        else expect(failed).toEqual({ kind: "failed", goal, code: "offline" });
        expect(stepRecovery(failed, { kind: "task-done", facts })).toEqual(failed);
        expect(stepRecovery(state, { kind: "person-needed" })).toEqual({ kind: "expect-person", goal });
        facts = after(state.task, facts);
        state = stepRecovery(state, { kind: "task-done", facts });
      }
    }
    expect(stepRecovery(begin(goal), { kind: "failure", code: "offline" })).toEqual({ kind: "failed", goal, code: "offline" });
  }
});
