import { DEFAULT_SETTINGS } from "../../protocol/default-settings.ts";
import { type Settings, settingsSchema } from "../../protocol/shell.ts";
import { readTextFile, writeFileAtomically } from "./atomic-file.ts";

/** The settings, each key on its own: one that is missing or broken falls back, the others are kept. */
export function readSettings(path: string): Settings {
  const text = readTextFile(path, 65_536);
  return parseSettings(text.ok ? text.value : undefined);
}

export function parseSettings(text: string | undefined): Settings {
  const stored = parseObject(text);
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  for (const [key, schema] of Object.entries(settingsSchema.shape)) {
    const value = schema.safeParse(stored.get(key));
    if (value.success) settings[key] = value.data;
  }
  return settingsSchema.parse(settings);
}

export function writeSettings(path: string, settings: Settings): void {
  writeFileAtomically(path, `${JSON.stringify(settings, null, 2)}\n`);
}

function parseObject(text: string | undefined): ReadonlyMap<string, unknown> {
  if (text === undefined) return new Map();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : new Map();
  } catch {
    return new Map();
  }
}
