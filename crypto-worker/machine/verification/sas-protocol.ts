import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import { sha256Base64 } from "../../primitives/hash.ts";
import { MAX_HKDF_INFO_BYTES } from "../../primitives/hkdf.ts";
import type { SasAgreement, SasMacMethod } from "../../primitives/sas.ts";
import type { MacMessage, SasChoice, SasOffer } from "./message.ts";
import type { OurParty, Parties } from "./parties.ts";

export type SasString = "decimal" | "emoji";
export type Agreed = { readonly mac: SasMacMethod; readonly strings: readonly SasString[] };

const KEY_AGREEMENT = "curve25519-hkdf-sha256";
const HASH = "sha256";
/** Best first. The last one's base64 is broken, and used only with those who have nothing else. */
const MACS: readonly SasMacMethod[] = ["hkdf-hmac-sha256.v2", "org.matrix.msc3783.hkdf-hmac-sha256", "hkdf-hmac-sha256"];
const MAC_INFO = "MATRIX_KEY_VERIFICATION_MAC";
const KEY_ID_PREFIX = "ed25519:";
const STRINGS: readonly SasString[] = ["decimal", "emoji"];

export const OUR_OFFER: SasOffer = { keyAgreements: [KEY_AGREEMENT], hashes: [HASH], macs: MACS, strings: STRINGS };

/** What we pick of their offer; undefined when there is nothing in common. */
export function decideChoice(offer: SasOffer): Agreed | undefined {
  const mac = MACS.find((method) => offer.macs.includes(method));
  const strings = STRINGS.filter((string) => offer.strings.includes(string));
  if (!offer.keyAgreements.includes(KEY_AGREEMENT) || !offer.hashes.includes(HASH) || mac === undefined || strings.length === 0)
    return undefined;
  return { mac, strings };
}

export function encodeChoice({ mac, strings }: Agreed): SasChoice {
  return { keyAgreement: KEY_AGREEMENT, hash: HASH, mac, strings };
}

/** Their choice out of our offer; undefined when it is not out of it. */
export function parseChoice(choice: SasChoice): Agreed | undefined {
  const mac = MACS.find((method) => method === choice.mac);
  const strings = STRINGS.filter((string) => choice.strings.includes(string));
  if (choice.keyAgreement !== KEY_AGREEMENT || choice.hash !== HASH || mac === undefined || strings.length === 0) return undefined;
  return { mac, strings };
}

/** The acceptor's promise of its key, which it makes before it sees the starter's. `startContent` is canonical JSON. */
export function commitmentOf(key: Curve25519PublicKey, startContent: string): string {
  return sha256Base64(key + startContent);
}

/** Names both ends, both keys and the flow: the info of the codes' HKDF, and what ties the witnesses of one flow together. */
export function transcriptOf(
  { ours, theirs }: Parties,
  ourKey: Curve25519PublicKey,
  theirKey: Curve25519PublicKey,
  flowId: string,
  weStarted: boolean,
): string {
  const us = `${ours.userId}|${ours.deviceId}|${ourKey}`;
  const them = `${theirs.userId}|${theirs.deviceId}|${theirKey}`;
  return `MATRIX_KEY_VERIFICATION_SAS|${weStarted ? us : them}|${weStarted ? them : us}|${flowId}`;
}

/**
 * Whether everything of this flow can be derived: what it is derived from holds ids, and the other side may choose its own as long as ids can be. The longest
 * is what the codes come from, or the MAC of a device's key, which names that device twice.
 */
export function canDeriveKeys({ ours, theirs }: Parties, flowId: string, transcript: string): boolean {
  const mac = `${MAC_INFO}${ours.userId}${ours.deviceId}${theirs.userId}${theirs.deviceId}${flowId}${KEY_ID_PREFIX}`;
  const infos = [transcript, ...[ours.deviceId, theirs.deviceId, ours.deviceKey].map((id) => mac + id)];
  return infos.every((info) => Buffer.byteLength(info) <= MAX_HKDF_INFO_BYTES);
}

/** The keys that we vouch for: this device's, and our master key if it is verified here. */
export function encodeMacs(agreement: SasAgreement, method: SasMacMethod, { ours, theirs }: Parties, flowId: string): MacMessage {
  const info = `${MAC_INFO}${ours.userId}${ours.deviceId}${theirs.userId}${theirs.deviceId}${flowId}`;
  const macs = new Map<string, string>();
  for (const [keyId, key] of ourKeys(ours)) macs.set(keyId, agreement.calculateMac(method, key, info + keyId));
  return { type: "mac", macs, keys: agreement.calculateMac(method, keyListOf(macs.keys()), `${info}KEY_IDS`) };
}

/** The ids, sorted by code point and joined. */
export function keyListOf(keyIds: Iterable<string>): string {
  return [...keyIds].sort(compareCodePoints).join(",");
}

function ourKeys({ deviceId, deviceKey, masterKey, masterKeyTrusted }: OurParty): (readonly [string, string])[] {
  const device = [KEY_ID_PREFIX + deviceId, deviceKey] as const;
  return masterKey === undefined || !masterKeyTrusted ? [device] : [device, [KEY_ID_PREFIX + masterKey, masterKey]];
}

/** JavaScript's own order is that of UTF-16 units, which differs where astral characters meet U+E000 and above. */
function compareCodePoints(a: string, b: string): number {
  const left = codePointsOf(a);
  const right = codePointsOf(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function codePointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
