/** Why an event could not be decrypted. */
export type UnableToDecryptCode =
  | "Unknown"
  /** Not an event that Megolm could have made. */
  | "MalformedEncryptedEvent"
  /** We do not have the key, or not from this message on and were told why: see `withheldCode`. */
  | "MissingMegolmSession"
  /** The key that we have starts after this message. */
  | "UnknownMegolmMessageIndex"
  | "MegolmDecryptionFailure"
  /** Decrypted to something that is no event. */
  | "PayloadDeserializationFailure"
  /** The sender's device has other keys than the session claims. */
  | "MismatchedIdentityKeys"
  /** Refused by the trust requirement, also where the key is somebody else's than the event's sender. */
  | "SenderIdentityNotTrusted"
  /** An encrypted state event, which is not supported (MSC4362). */
  | "StateKeyVerificationFailed"
  /** The key is somebody else's than the event's sender, as a cause of its own; the machine shows such an event with a shield, or refuses it as above. */
  | "MismatchedSender"
  /** The index was used by another event of this session before. */
  | "ReplayedMessage"
  /** Encrypted for another room. */
  | "MismatchedRoom";

export type UnableToDecryptReason = { readonly code: UnableToDecryptCode; readonly withheldCode?: string };
