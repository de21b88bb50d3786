import { createContext } from "react";
import type { MatrixLink } from "../../../protocol/matrix-link.ts";

/** What becomes of a link in a message that is pressed. */
export interface LinkActions {
  openLink(href: string): void;
  openTarget(target: MatrixLink): void;
}
export const LinkContext = createContext<LinkActions>({ openLink: () => undefined, openTarget: () => undefined });
