import type { MatrixLink } from "../../../protocol/matrix-link.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { RoomFilter } from "./room-order.ts";
import type { RoomSafety } from "./room-trust.ts";

export type Panel =
  | { readonly kind: "info" }
  | { readonly kind: "members" }
  | { readonly kind: "person"; readonly userId: string; readonly from: "info" | "members" | null }
  | { readonly kind: "search" };

export type OpenDialog =
  | { readonly kind: "new-room" }
  | { readonly kind: "new-dm" }
  | { readonly kind: "join" }
  | { readonly kind: "join-link"; readonly link: MatrixLink & { readonly kind: "room" } }
  | { readonly kind: "person-link"; readonly userId: string }
  | { readonly kind: "invite"; readonly roomId: string }
  | { readonly kind: "leave"; readonly roomId: string }
  | { readonly kind: "rename"; readonly roomId: string }
  | { readonly kind: "enable-encryption"; readonly roomId: string }
  | { readonly kind: "remove-person"; readonly roomId: string; readonly userId: string; readonly name: string }
  | { readonly kind: "send-anyway"; readonly roomId: string; readonly itemId: string; readonly devices: RoomSafety["unsignedDevices"] }
  | { readonly kind: "forward"; readonly roomId: string; readonly item: TimelineItem & { readonly eventId: string } }
  | { readonly kind: "edit-history"; readonly roomId: string; readonly eventId: string }
  | { readonly kind: "settings"; readonly section: SettingsSection }
  | { readonly kind: "shortcuts" }
  | { readonly kind: "switcher" }
  | { readonly kind: "sign-out" }
  | { readonly kind: "reauthenticate" };

export type SettingsSection = "account" | "security" | "devices" | "appearance" | "notifications" | "messages" | "keyboard" | "about";

/** What the window shows; all of it is the page's own. */
export type View = {
  readonly roomId: string | null;
  /** A message to show; another object for each request. */
  readonly jumpTo: { readonly eventId: string } | null;
  readonly panel: Panel | null;
  readonly dialog: OpenDialog | null;
  readonly filter: RoomFilter;
  readonly term: string;
};

export const FIRST_VIEW: View = { roomId: null, jumpTo: null, panel: null, dialog: null, filter: "all", term: "" };
