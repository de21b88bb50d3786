import { parseSessionId } from "../../../protocol/ids.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { requireRoomId } from "../require-ids.ts";
import { MachineVerification, type VerificationParts } from "../verification/machine-verification.ts";
import type { Gossip } from "./gossip.ts";
import type { RoomKeyRequestSettings } from "./room-key-requests.ts";
import type { ReceivedSecret } from "./secret-requests.ts";

/** The part of the machine's calls by which devices get from each other what one of them lacks. What it sends comes out of `outgoingRequests`. */
export abstract class MachineGossip extends MachineVerification {
  /**
   * Asks our other devices for those of our private keys that are not here: cross-signing keys, and the key backup's. It happens by itself when a
   * verification has made our identity a verified one. A request that went out earlier without an answer is made anew.
   */
  requestMissingSecrets(): void {
    this.run(({ gossip }) => gossip.secrets.requestMissing());
  }

  /** Whether a secret was asked for and has not come. */
  hasOpenSecretRequests(): boolean {
    return this.run(({ gossip }) => gossip.secrets.hasOpen());
  }

  /**
   * The key backup's private key as another device of ours sent it; `secretsReceived` of a sync announces it. It may not be the one of today's backup:
   * compare its public part, then take it over, and `dismissSecret` it in the same transaction. SECURITY: private; the caller disposes of it.
   */
  secretsInbox(): ReceivedSecret[] {
    return this.run(({ gossip }) => gossip.secrets.inbox());
  }

  /** Forgets what the inbox has under this name. */
  dismissSecret(name: string): void {
    this.run(({ gossip }) => gossip.secrets.dismiss(name));
  }

  /** Kept over restarts; both are off at first. */
  setRoomKeyRequests(settings: RoomKeyRequestSettings): void {
    this.run(({ gossip }) => gossip.roomKeys.setSettings(settings));
  }

  roomKeyRequests(): RoomKeyRequestSettings {
    return this.run(({ gossip }) => gossip.roomKeys.settings());
  }

  /**
   * Asks our other devices for a room key, whatever the settings; an earlier request for it that had no answer is made anew. False where nobody can be
   * asked: an algorithm or an id that is none. @throws MachineError `invalid-room-id`
   */
  requestRoomKey(roomId: string, sessionId: string, algorithm: string = MEGOLM_ALGORITHM): boolean {
    const session = parseSessionId(sessionId);
    if (!session.ok || algorithm !== MEGOLM_ALGORITHM) return false;
    this.run(({ gossip }) => gossip.roomKeys.request(requireRoomId(roomId), session.value));
    return true;
  }

  protected abstract override run<T>(work: (parts: VerificationParts & { readonly gossip: Gossip }) => T): T;
}
