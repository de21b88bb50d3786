/** Messages between the host and a utility process, by Node's IPC with the `advanced` (structured clone) serialisation. */
export type UtilityWire =
  | { readonly t: "message"; readonly data: unknown; readonly ports: readonly number[] }
  | { readonly t: "port-message"; readonly id: number; readonly data: unknown; readonly ports: readonly number[] }
  | { readonly t: "port-close"; readonly id: number };
