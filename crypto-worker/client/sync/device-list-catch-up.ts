import { parseUserId } from "../../../protocol/ids.ts";
import { arrayField } from "../../wire/json.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";

/**
 * The first sync after a start carries what changed in device lists since the last one, but servers have lost such changes over their own
 * restarts (synapse#17267). Once a start the same span is asked for by itself.
 */
export class DeviceListCatchUp {
  readonly #context: ClientContext;
  #done = false;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  afterFirstSync(from: string, to: string, changed: () => void): void {
    if (this.#done || from === to) return;
    this.#done = true;
    inBackground(this.#context, this.#catchUp(from, to, changed));
  }

  async #catchUp(from: string, to: string, changed: () => void): Promise<void> {
    if (await this.#ask(from, to)) changed();
  }

  async #ask(from: string, to: string): Promise<boolean> {
    const { http, machine, commit } = this.#context;
    const path = `/_matrix/client/v3/keys/changes?from=${segment(from)}&to=${segment(to)}`;
    const answer = await http.json({ kind: "keys_changes", method: "GET", path });
    if (!answer.ok) return false;
    const users = (arrayField(answer.value, "changed") ?? []).map(parseUserId).flatMap((user) => (user.ok ? [user.value] : []));
    if (users.length === 0) return false;
    commit((changes) => {
      machine.receiveSyncChanges({ deviceLists: { changed: users } });
      for (const userId of users) changes.deviceOwners.add(userId);
    });
    return true;
  }
}
