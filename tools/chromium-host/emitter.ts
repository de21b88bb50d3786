import { EventEmitter } from "node:events";

/** The event object that Electron hands to listeners whose default action can be prevented. */
export type PreventableEvent = { readonly preventDefault: () => void; readonly defaultPrevented: boolean };

/** Emits with a preventable event as the first argument and returns whether a listener prevented it. */
export function emitPreventable(emitter: EventEmitter, name: string, details: object = {}, ...args: readonly unknown[]): boolean {
  let prevented = false;
  const event = {
    ...details,
    preventDefault: () => {
      prevented = true;
    },
    get defaultPrevented() {
      return prevented;
    },
  };
  emitter.emit(name, event, ...args);
  return prevented;
}

/** An emitter whose events are as loosely typed as the union of Electron's overloads has to be. */
export class LooseEmitter extends EventEmitter {}
