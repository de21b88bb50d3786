/** Other members of a room may see this name: the system, and not the machine's own name. */
export function defaultDeviceName(): string {
  return `Bulkhead on ${SYSTEMS.get(process.platform) ?? "this computer"}`;
}

const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ["linux", "Linux"],
  ["darwin", "macOS"],
  ["win32", "Windows"],
]);
