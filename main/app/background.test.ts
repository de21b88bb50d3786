import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../protocol/default-settings.ts";
import type { AppState } from "../../protocol/shell.ts";
import { Observed } from "../crypto-host/observed.ts";
import type { TrayFace } from "../desktop/tray-face.ts";
import { Log } from "../logging/log.ts";
import { Background, followSystem } from "./background.ts";

const userId = "@you:example.org";

function world(startedHidden = false) {
  const settings = new Observed(DEFAULT_SETTINGS);
  const state = new Observed<AppState>({ phase: "ready", userId, deviceId: "DEVICE", appLock: true });
  const shown: (TrayFace["image"] | "none")[] = [];
  const quiet = new Observed(false);
  const quietly: boolean[] = [];
  const tray = {
    show: ({ image }: TrayFace, isQuiet: boolean) => {
      shown.push(image);
      quietly.push(isQuiet);
    },
    remove: () => void shown.push("none"),
  };
  const background = new Background({ settings, state, quiet, tray, startedHidden });
  background.start();
  return { background, settings, state, quiet, quietly, shown };
}

test("off unless chosen: a closed window ends the app, and nothing stands beside the clock", () => {
  const { background, shown, settings } = world();
  expect(background.outlivesWindow).toBe(false);
  background.told({ unread: 1, mentions: 0 });
  expect(new Set(shown)).toEqual(new Set(["none"]));
  settings.set({ ...settings.value, keepRunning: true });
  expect(background.outlivesWindow).toBe(true);
  expect(shown.at(-1)).toBe("unread");
  settings.set({ ...settings.value, keepRunning: false });
  expect(shown.at(-1)).toBe("none");
});

test("the icon follows what is unread, where the account stands, and whether anybody may be disturbed", () => {
  const { background, shown, settings, state, quiet, quietly } = world();
  settings.set({ ...settings.value, keepRunning: true });
  background.told({ unread: 2, mentions: 1 });
  expect(shown.at(-1)).toBe("mention");
  expect(quietly.at(-1)).toBe(false);
  quiet.set(true);
  expect(quietly.at(-1)).toBe(true);
  state.set({ phase: "vault", task: "unlock", userId });
  expect(shown.at(-1)).toBe("waiting");
});

test("started without a window the icon is there whatever the settings say, and once the app ends nothing holds a window", () => {
  const { background, shown, settings } = world(true);
  expect(shown).toEqual(["plain"]);
  settings.set({ ...settings.value, keepRunning: true });
  background.leave();
  expect(background.outlivesWindow).toBe(false);
  background.told({ unread: 1, mentions: 0 });
  expect(shown.at(-1)).toBe("none");
});

test("what the system says of the start with it counts, and a program that has moved is found again", () => {
  const log = new Log("test", []);
  const wanted = { ...DEFAULT_SETTINGS, startWithSystem: true };
  const sets: boolean[] = [];
  const autostart = (on: boolean) => ({ isOn: () => on, set: (value: boolean) => void sets.push(value) });
  expect(followSystem(wanted, autostart(true), log)).toBe(wanted);
  expect(sets).toEqual([true]);
  expect(followSystem(wanted, autostart(false), log).startWithSystem).toBe(false);
  expect(followSystem(wanted, undefined, log).startWithSystem).toBe(false);
  expect(followSystem(DEFAULT_SETTINGS, autostart(false), log)).toBe(DEFAULT_SETTINGS);
  expect(sets).toEqual([true]);
  const broken = {
    isOn: () => true,
    set: () => {
      throw new Error("full");
    },
  };
  expect(followSystem(wanted, broken, log)).toBe(wanted);
});
