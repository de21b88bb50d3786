import type { UserId } from "../../../protocol/ids.ts";
import type { IdentityRecord } from "../../store/tables/identities.ts";
import { isSignedByMaster, parseCrossSigningKey } from "../../wire/cross-signing-keys.ts";
import type { KeysQueryResponse } from "../../wire/keys-responses.ts";
import type { VerifyJson } from "../../wire/signatures.ts";

export type PublicIdentity = Pick<
  IdentityRecord,
  "userId" | "masterKey" | "selfSigningKey" | "userSigningKey" | "masterJson" | "selfSigningJson" | "userSigningJson"
>;

/**
 * The cross-signing keys of one user out of a response, with the signatures by the master key checked; undefined when any is missing or wrong. A
 * user-signing key counts for our own user only, and is required there.
 */
export function parseIdentity(
  response: KeysQueryResponse,
  userId: UserId,
  isOwn: boolean,
  verify?: VerifyJson,
): PublicIdentity | undefined {
  const master = parseCrossSigningKey(response.masterKeys.get(userId), { userId, usage: "master" });
  const selfSigning = parseCrossSigningKey(response.selfSigningKeys.get(userId), { userId, usage: "self_signing" });
  if (!master.ok || !selfSigning.ok || !isSignedByMaster(selfSigning.value, master.value, verify)) return undefined;
  const identity = {
    userId,
    masterKey: master.value.publicKey,
    selfSigningKey: selfSigning.value.publicKey,
    userSigningKey: undefined,
    masterJson: JSON.stringify(master.value.json),
    selfSigningJson: JSON.stringify(selfSigning.value.json),
    userSigningJson: undefined,
  };
  if (!isOwn) return identity;
  const userSigning = parseCrossSigningKey(response.userSigningKeys.get(userId), { userId, usage: "user_signing" });
  if (!userSigning.ok || !isSignedByMaster(userSigning.value, master.value, verify)) return undefined;
  return { ...identity, userSigningKey: userSigning.value.publicKey, userSigningJson: JSON.stringify(userSigning.value.json) };
}
