import { APP_ID } from "../../main/app/app-id.ts";

/** Who the packages say they are. The one place to change, with `APP_ID`, for a fork, or before a first release under another name. */
export const identity = {
  productName: "Bulkhead",
  executableName: "bulkhead",
  /** Also the name of the desktop entry, so that a window finds its launcher. */
  appId: APP_ID,
  homepage: "https://bulkhead.chat",
  maintainer: "The Bulkhead authors <maintainers@bulkhead.chat>",
  summary: "Encrypted messages on Matrix, with every key behind a bulkhead",
} as const;
