import type { World } from "./world.ts";

/** A story that has to go the same way on every homeserver. It asserts with vitest's `expect`. */
export type Scenario = {
  readonly name: string;
  readonly play: (world: World) => Promise<void>;
};
