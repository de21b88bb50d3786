import type { ErrorCode } from "../../../protocol/errors.ts";
import { unreachable } from "../../../protocol/result.ts";

/**
 * What a person wants done; the last two complete what was interrupted: a reset once the new identity is there, and a change once the new key is the
 * default one.
 */
export type Goal = "enable" | "change" | "recover" | "disable" | "reset" | "finish-reset" | "finish-change";

/** Where the three things stand, as the server and the store have them. */
export type Facts = {
  /** `elsewhere`: there is one, and not all of its private keys are on this device. */
  readonly identity: "none" | "elsewhere" | "here";
  /** `locked`: there is one, and the key that reads it is not on this device. */
  readonly backup: "none" | "locked" | "open";
  readonly storage: "none" | "present";
  /** Whether the user has said that there is to be no backup. */
  readonly backupRefused: boolean;
  /** Whether an identity was replaced, and not all has been done that follows from it. */
  readonly resetting: boolean;
};

/** One thing that is done at the server, or with what it has given. Each can be done again without harm. */
export type Task =
  | "publish-identity"
  | "replace-identity"
  | "allow-backup"
  | "refuse-backup"
  | "create-backup"
  | "sign-backup"
  | "delete-backup"
  | "write-key"
  | "write-secrets"
  | "set-default-key"
  | "retire-old-key"
  | "open-storage"
  | "import-identity"
  | "use-backup-key"
  | "complete-storage"
  | "clear-default-key"
  | "clear-secrets"
  | "remove-dehydrated-device"
  | "end-reset";

/**
 * One operation over identity, backup and secret storage. Invariants:
 * 1. Facts are asked for before anything is done, and are known anew after each task: an operation that was interrupted is simply begun again.
 * 2. The default key is named after all that it opens is there, and what the old one opened goes after that: at every moment one recovery key works.
 * 3. Nothing that only the server has is deleted, unless the goal is `disable`.
 * 4. A task that fails ends the operation, and nothing follows it; but a new recovery key that is in force is given out whatever comes after.
 */
export type RecoveryState =
  | { readonly kind: "expect-facts"; readonly goal: Goal }
  | { readonly kind: "expect-task"; readonly goal: Goal; readonly task: Task }
  /** The server wants the person to confirm; the operation is begun again with that. */
  | { readonly kind: "expect-person"; readonly goal: Goal }
  | { readonly kind: "done"; readonly goal: Goal }
  | { readonly kind: "failed"; readonly goal: Goal; readonly code: ErrorCode };

export type RecoveryInput =
  | { readonly kind: "facts"; readonly facts: Facts }
  | { readonly kind: "task-done"; readonly facts: Facts }
  | { readonly kind: "person-needed" }
  | { readonly kind: "failure"; readonly code: ErrorCode };

export const begin = (goal: Goal): RecoveryState => ({ kind: "expect-facts", goal });

export function stepRecovery(state: RecoveryState, input: RecoveryInput): RecoveryState {
  const { goal } = state;
  switch (state.kind) {
    case "expect-facts": {
      if (input.kind === "failure") return { kind: "failed", goal, code: input.code };
      if (input.kind !== "facts") return unexpected(goal);
      const refusal = decideRefusal(goal, input.facts);
      return refusal === undefined ? next(goal, 0, input.facts) : { kind: "failed", goal, code: refusal };
    }
    case "expect-task":
      switch (input.kind) {
        case "task-done":
          return next(goal, indexOf(goal, state.task) + 1, input.facts);
        case "person-needed":
          return { kind: "expect-person", goal };
        case "failure":
          // The new key is the one that counts by then, and its owner must get to see it. The old one is retired later.
          if (state.task === "retire-old-key" && goal !== "finish-change") return { kind: "done", goal };
          return { kind: "failed", goal, code: input.code };
        case "facts":
          return unexpected(goal);
        default:
          return unreachable(input);
      }
    case "expect-person":
    case "done":
    case "failed":
      return state;
    default:
      return unreachable(state);
  }
}

/** Why a goal cannot be reached from here, before anything is touched. */
function decideRefusal(goal: Goal, { identity, backup, storage }: Facts): ErrorCode | undefined {
  switch (goal) {
    case "enable":
      return identity === "elsewhere" ? "identity-exists" : undefined;
    case "change":
      if (storage === "none") return "recovery-disabled";
      if (identity !== "here") return identity === "none" ? "identity-missing" : "identity-exists";
      return backup === "locked" ? "backup-untrusted" : undefined;
    case "recover":
      return storage === "none" ? "recovery-disabled" : undefined;
    case "disable":
    case "reset":
    case "finish-reset":
    case "finish-change":
      return undefined;
    default:
      return unreachable(goal);
  }
}

type Stage = { readonly task: Task; readonly needed: (facts: Facts) => boolean };

const always = (): boolean => true;
const stage = (task: Task, needed: Stage["needed"] = always): Stage => ({ task, needed });
const storageFromHere: readonly Stage[] = [
  stage("write-key"),
  stage("write-secrets"),
  stage("set-default-key"),
  stage("retire-old-key", ({ storage }) => storage === "present"),
];
const afterReset: readonly Stage[] = [
  stage("clear-default-key", ({ storage }) => storage === "present"),
  stage("remove-dehydrated-device"),
  stage("sign-backup", ({ backup }) => backup === "open"),
  // What the old one holds stays on the server; this device has its keys and puts them into the new one.
  stage("create-backup", ({ backup, backupRefused }) => backup === "locked" && !backupRefused),
  stage("end-reset"),
];

/** In which order a goal is reached. What is there already is passed over. */
const PLANS: Readonly<Record<Goal, readonly Stage[]>> = {
  enable: [
    stage("publish-identity", ({ identity }) => identity !== "here"),
    stage("allow-backup", ({ backupRefused }) => backupRefused),
    stage("create-backup", ({ backup }) => backup !== "open"),
    ...storageFromHere,
  ],
  change: [stage("create-backup", ({ backup, backupRefused }) => backup === "none" && !backupRefused), ...storageFromHere],
  recover: [
    stage("open-storage"),
    stage("import-identity"),
    stage("use-backup-key", ({ backup }) => backup !== "none"),
    stage("create-backup", ({ identity, backup, backupRefused }) => identity === "here" && backup === "none" && !backupRefused),
    stage("complete-storage"),
  ],
  disable: [
    stage("refuse-backup"),
    stage("clear-default-key"),
    stage("clear-secrets"),
    stage("remove-dehydrated-device"),
    stage("delete-backup"),
  ],
  reset: [stage("replace-identity", ({ resetting }) => !resetting), ...afterReset],
  "finish-reset": afterReset,
  "finish-change": [stage("retire-old-key", ({ storage }) => storage === "present")],
};

function next(goal: Goal, from: number, facts: Facts): RecoveryState {
  const found = PLANS[goal].slice(from).find(({ needed }) => needed(facts));
  return found === undefined ? { kind: "done", goal } : { kind: "expect-task", goal, task: found.task };
}

const indexOf = (goal: Goal, task: Task): number => PLANS[goal].findIndex((candidate) => candidate.task === task);

/** A bug of ours: nobody outside chooses these inputs. */
const unexpected = (goal: Goal): RecoveryState => ({ kind: "failed", goal, code: "internal" });
