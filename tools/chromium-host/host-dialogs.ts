import type { DialogKind, HostReport, TestOrder } from "./test-link.ts";

export type AskedDialog = { readonly kind: DialogKind; readonly options: unknown };

/** Answer to a message box (index of the button), an open dialog (paths) or a save dialog (path); `cancel` for any of them. */
export type DialogAnswer =
  | "cancel"
  | { readonly response: number; readonly checkboxChecked?: boolean }
  | { readonly filePaths: readonly string[] }
  | { readonly filePath: string };

/** Native dialogs of an app under test. Every dialog is cancelled until `answerWith` or `next` says otherwise. */
export class HostDialogs {
  /** What the app asked, oldest first. */
  readonly asked: AskedDialog[] = [];
  readonly #order: (order: TestOrder) => void;
  readonly #next: DialogAnswer[] = [];
  #decide: ((dialog: AskedDialog) => DialogAnswer | Promise<DialogAnswer>) | undefined;

  constructor(order: (order: TestOrder) => void) {
    this.#order = order;
  }

  /** Decides every dialog from now on. */
  answerWith(decide: (dialog: AskedDialog) => DialogAnswer | Promise<DialogAnswer>): void {
    this.#decide = decide;
    this.#order({ t: "answer-dialogs", enabled: true });
  }

  /** Queues the answer to the next dialog; several are used in turn. */
  next(answer: DialogAnswer): void {
    this.#next.push(answer);
    this.#order({ t: "answer-dialogs", enabled: true });
  }

  /** Used by `HostApp`. */
  onAsked({ id, kind, options }: Extract<HostReport, { t: "dialog" }>): void {
    const dialog = { kind, options };
    this.asked.push(dialog);
    if (kind === "error") return;
    const answer = this.#next.shift() ?? this.#decide?.(dialog) ?? "cancel";
    void Promise.resolve(answer).then((decided) => this.#order({ t: "dialog-answer", id, answer: encodeAnswer(decided) }));
  }
}

function encodeAnswer(answer: DialogAnswer): unknown {
  if (answer === "cancel") return {};
  return "response" in answer ? answer : { canceled: false, ...answer };
}
