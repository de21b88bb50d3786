import type { KeyObject } from "node:crypto";
import type { Curve25519PublicKey, Ed25519PublicKey } from "../../../protocol/ids.ts";
import { isLowOrderKey } from "../curve25519.ts";
import { signEd25519, verifySignature } from "../ed25519.ts";
import { InboundGroupSession, type MegolmPlaintext } from "../group-session.ts";
import { outboundSession } from "../olm-agreement.ts";
import { PickleCipher } from "../olm-pickle.ts";
import { OlmSession, type OlmMessage } from "../olm-session.ts";
import { newX25519KeyPairBytes } from "../x25519.ts";

/** A signature in base64 over the UTF-8 bytes of a text. */
export type SignatureCheck = { readonly publicKey: Ed25519PublicKey; readonly message: string; readonly signature: string };

/** `session` counts in the list of ratchets that the work came with. */
export type MegolmCiphertext = { readonly session: number; readonly ciphertext: string };

/** Whom to open an Olm session with. The caller has verified the signature on the one-time key. */
export type OlmPeer = { readonly identityKey: Curve25519PublicKey; readonly oneTimeKey: Curve25519PublicKey };

/** A new Olm session as it is stored. */
export type PickledOlmSession = { readonly sessionId: string; readonly pickle: string };

/** SECURITY: secret. Our half of new Olm sessions, and what to pickle them with. */
export type OlmIdentity = { readonly publicKey: Uint8Array; readonly privateKey: KeyObject; readonly pickleKey: Uint8Array };

/** A text for whoever is at the other end of a stored Olm session. */
export type OlmPlaintext = { readonly pickle: string; readonly tail: string };

/** The message, and the session after it. */
export type OlmCiphertext = { readonly message: OlmMessage; readonly pickle: string };

/** SECURITY: secret. What pickles are sealed with, and the beginning that all texts have in common. */
export type OlmBroadcast = { readonly pickleKey: Uint8Array; readonly head: string };

/**
 * What can be done by any thread, because the result depends on nothing but what it is given: `shared` with the whole work, `piece` once for each. No
 * result means that the piece fails, and that whoever needs the reason tries it again by itself.
 */
export type Tasks = {
  verify: { readonly shared: undefined; readonly piece: SignatureCheck; readonly result: boolean };
  /** SECURITY: `shared` are room keys, in the export format. */
  decrypt: { readonly shared: readonly Uint8Array[]; readonly piece: MegolmCiphertext; readonly result: MegolmPlaintext };
  /** SECURITY: the result is secret: the public half and the private one. */
  newKeyPair: { readonly shared: undefined; readonly piece: undefined; readonly result: Uint8Array };
  /** SECURITY: `shared` is secret: an Ed25519 key. */
  sign: { readonly shared: KeyObject; readonly piece: string; readonly result: string };
  openSession: { readonly shared: OlmIdentity; readonly piece: OlmPeer; readonly result: PickledOlmSession };
  /** Each session must be in one piece only: two messages from the same state would have the same key. */
  encrypt: { readonly shared: OlmBroadcast; readonly piece: OlmPlaintext; readonly result: OlmCiphertext };
};
export type TaskName = keyof Tasks;

/** Where one thread does its share of a work. Must be closed. */
export type Bench<Name extends TaskName> = {
  readonly perform: (piece: Tasks[Name]["piece"]) => Tasks[Name]["result"] | undefined;
  readonly close: () => void;
};

const benches: { readonly [Name in TaskName]: (shared: Tasks[Name]["shared"]) => Bench<Name> } = {
  verify: () => ({
    perform: ({ publicKey, message, signature }) => verifySignature(publicKey, message, signature),
    close: () => undefined,
  }),
  newKeyPair: () => ({ perform: newX25519KeyPairBytes, close: () => undefined }),
  sign: (key) => ({ perform: (message) => signEd25519(key, message), close: () => undefined }),
  decrypt: (ratchets) => {
    // Kept for the whole share: a ratchet that has moved is near the next message.
    const open = new Map<number, InboundGroupSession>();
    const openRatchet = (index: number): InboundGroupSession | undefined => {
      const bytes = ratchets[index];
      const session = bytes === undefined ? undefined : InboundGroupSession.importBytes(bytes);
      if (session?.ok !== true) return undefined;
      open.set(index, session.value);
      return session.value;
    };
    return {
      perform: ({ session: index, ciphertext }) => {
        const session = open.get(index) ?? openRatchet(index);
        const plaintext = session?.decrypt(ciphertext);
        return plaintext?.ok === true ? plaintext.value : undefined;
      },
      close: () => {
        for (const session of open.values()) session.free();
      },
    };
  },
  openSession: (own) => {
    const cipher = new PickleCipher(own.pickleKey);
    return {
      perform: ({ identityKey, oneTimeKey }) =>
        isLowOrderKey(identityKey) || isLowOrderKey(oneTimeKey)
          ? undefined
          : outboundSession(own, Buffer.from(identityKey, "base64"), Buffer.from(oneTimeKey, "base64"), cipher),
      close: () => undefined,
    };
  },
  encrypt: ({ pickleKey, head }) => ({
    perform: ({ pickle, tail }) => {
      const session = OlmSession.unpickle(pickle, pickleKey);
      if (!session.ok) return undefined;
      try {
        const message = session.value.encrypt(head + tail);
        return { message, pickle: session.value.pickle(pickleKey) };
      } finally {
        session.value.free();
      }
    },
    close: () => undefined,
  }),
};

/** For a thread, when it has done its share: forgets the secrets of the copy that it was sent. */
export function wipeShared<Name extends TaskName>(task: Name, shared: Tasks[Name]["shared"]): void {
  wipes[task](shared);
}

const wipes: { readonly [Name in TaskName]: (shared: Tasks[Name]["shared"]) => void } = {
  verify: () => undefined,
  newKeyPair: () => undefined,
  sign: () => undefined,
  decrypt: (ratchets) => {
    for (const ratchet of ratchets) ratchet.fill(0);
  },
  openSession: ({ pickleKey }) => {
    pickleKey.fill(0);
  },
  encrypt: ({ pickleKey }) => {
    pickleKey.fill(0);
  },
};

/** For a thread, when it has handed over what it made. */
export function wipeResults(results: readonly unknown[]): void {
  for (const result of results) if (result instanceof Uint8Array) result.fill(0);
}

export function openBench<Name extends TaskName>(task: Name, shared: Tasks[Name]["shared"]): Bench<Name> {
  return benches[task](shared);
}
