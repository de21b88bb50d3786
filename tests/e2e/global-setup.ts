import { bundle } from "../../build/bundle.ts";

/** The tests drive the bundles that people get. */
export default async function setup(): Promise<void> {
  await bundle();
}
