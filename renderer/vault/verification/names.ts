import type { VerificationView } from "../../../protocol/messages/verification-view.ts";

/** What a person is called; their id where they have chosen nothing. */
export const nameOf = ({ displayName, userId }: { readonly displayName: string | null; readonly userId: string }): string =>
  displayName ?? userId;

/** Whether it still goes on. */
export const isLive = ({ state }: VerificationView): boolean => state !== "done" && state !== "cancelled";
