import { vi } from "vitest";
import type { CryptoStore } from "../../crypto-worker/store/store.ts";

/** From now on: the names of custom values, and "dehydrated-device", that are part of a commit which has to outlive a power cut. */
export function watchLasting(store: CryptoStore): ReadonlySet<string> {
  const lasting = new Set<string>();
  const transaction = store.transaction.bind(store);
  const save = store.customValues.save.bind(store.customValues);
  const saveCreated = store.dehydration.saveCreated.bind(store.dehydration);
  const requireDurability = store.requireDurability.bind(store);
  let depth = 0;
  let saved: string[] = [];
  let lasts = false;
  vi.spyOn(store, "transaction").mockImplementation((work) => {
    if (depth === 0) [saved, lasts] = [[], false];
    depth += 1;
    try {
      const value = transaction(work);
      if (depth === 1 && lasts) for (const name of saved) lasting.add(name);
      return value;
    } finally {
      depth -= 1;
    }
  });
  vi.spyOn(store, "requireDurability").mockImplementation(() => {
    lasts = true;
    requireDurability();
  });
  vi.spyOn(store.customValues, "save").mockImplementation((name, value) => {
    saved.push(name);
    save(name, value);
  });
  vi.spyOn(store.dehydration, "saveCreated").mockImplementation((device) => {
    saved.push("dehydrated-device");
    saveCreated(device);
  });
  return lasting;
}
