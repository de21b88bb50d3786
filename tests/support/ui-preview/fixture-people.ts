import type { DeviceView } from "../../../protocol/messages/device.ts";
import type { Member } from "../../../protocol/messages/room-summary.ts";
import { ADA, HOUR, ME, NOW, PEOPLE } from "./fixture.ts";

export function members(count: number): Member[] {
  const named = PEOPLE.map(({ userId, name }, i): Member => ({
    userId,
    displayName: name,
    avatar: i === 1 ? "mxc://harbour.example/grace" : null,
    membership: i === 9 ? "invite" : "join",
    powerLevel: i === 0 ? 100 : i === 2 ? 50 : 0,
  }));
  const me: Member = { userId: ME, displayName: "You", avatar: null, membership: "join", powerLevel: 100 };
  const rest = Array.from({ length: Math.max(0, count - named.length - 1) }, (_, i): Member => ({
    userId: `@member${i}:harbour.example`,
    displayName: `Member ${i + 1}`,
    avatar: null,
    membership: "join",
    powerLevel: 0,
  }));
  return [me, ...named, ...rest];
}

export function devices(userId: string, query: URLSearchParams): DeviceView[] {
  const own = userId === ME;
  const verified = own || userId === ADA.userId;
  const base = {
    userId,
    own,
    blacklisted: false,
    ed25519: "Sv3pXJ0e3V7b2mHqWz8LrTgNfCkYd1oAuPiE5sBx9Qw",
    curve25519: "h7Wk2nQx9BvRjF4mLpTzYcDsEaGuNoXi3q5w8rKtb0M",
    firstSeen: NOW - 90 * 24 * HOUR,
    lastSeen: own ? NOW - 2 * HOUR : null,
  };
  const here = { ...base, deviceId: "BULKHEAD01", displayName: "Bulkhead on Linux", verified, crossSigned: true };
  const phone = { ...base, deviceId: "PHONEABCDE", displayName: "Phone", verified, crossSigned: true, firstSeen: NOW - 20 * 24 * HOUR };
  const laptop = {
    ...base,
    deviceId: "OLDLAPTOPX",
    displayName: "Old laptop",
    verified: false,
    crossSigned: false,
    firstSeen: NOW - 400 * 24 * HOUR,
  };
  if (own && query.has("alone")) return [here];
  if (!own) return [here, phone, laptop];
  const tablet = {
    ...phone,
    deviceId: "TABLETQRST",
    displayName: "A tablet with a name that somebody made far too long to fit",
    lastSeen: NOW - 40 * 24 * HOUR,
  };
  const stranger = { ...laptop, deviceId: "XKQPWZLVBN", displayName: null, firstSeen: NOW - HOUR, lastSeen: NOW - 1_200_000 };
  const strange = query.get("safety") === "strange-devices" ? [{ ...laptop, lastSeen: NOW - 200 * 24 * HOUR }, stranger] : [];
  return [here, phone, tablet, ...strange];
}
