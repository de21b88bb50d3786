import { parseRoomId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { OlmFailure } from "../../primitives/olm-error.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { MachineContext } from "../context.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import { DecryptedAhead, type NamedCiphertext } from "./decrypted-ahead.ts";
import { EncryptionInfo } from "./encryption-info.ts";
import type { SessionOrigin } from "./inbound-session.ts";
import type { InboundSessions, OpenInboundSession } from "./inbound-sessions.ts";
import {
  bundledEvents,
  parseEncryptedRoomEvent,
  parsePayload,
  type BundledRelations,
  type DecryptedRoomEvent,
  type DecryptionResult,
  type EncryptedRoomEvent,
} from "./room-event.ts";
import { isOf } from "./sender-data.ts";
import { findSender } from "./sender-finder.ts";
import { decideTrust, verificationStateOf, type DecryptionSettings } from "./trust-requirement.ts";
import type { UnableToDecryptCode, UnableToDecryptReason } from "./unable-to-decrypt.ts";

/** As the server sent it, unchecked. */
export type RawRoomEvent = { readonly event: unknown; readonly roomId: string };

/** Decrypts room events. Never throws for what an event holds. */
export class RoomEventDecryption {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;
  readonly #sessions: InboundSessions;
  readonly #ahead: DecryptedAhead;

  constructor(context: MachineContext, directory: DeviceDirectory, sessions: InboundSessions) {
    this.#context = context;
    this.#directory = directory;
    this.#sessions = sessions;
    this.#ahead = new DecryptedAhead(context);
  }

  /** For events that are about to be given to `decrypt`, where they are many. */
  decryptAhead(events: readonly RawRoomEvent[]): void {
    const { crew } = this.#context;
    if (!crew.isWorthwhile(events.length)) return;
    const named: NamedCiphertext[] = [];
    for (const { event: value, roomId } of events) {
      const room = parseRoomId(roomId);
      const event = room.ok ? parseEncryptedRoomEvent(value, room.value) : room;
      const session = room.ok && event.ok ? this.#sessions.find(room.value, event.value.content.sessionId) : undefined;
      if (event.ok && session !== undefined) named.push({ session: session.record, ciphertext: event.value.content.ciphertext });
    }
    if (crew.isWorthwhile(named.length)) this.#ahead.decrypt(named);
  }

  decrypt(event: unknown, roomId: RoomId, settings: DecryptionSettings): DecryptionResult {
    const outer = this.#decryptOne(event, roomId, settings);
    if (!outer.ok) return { ok: false, reason: outer.error };
    const bundledRelations = this.#decryptBundled(outer.value.unsigned, roomId, settings);
    return { ok: true, event: { ...outer.value, bundledRelations } };
  }

  #decryptBundled(unsigned: JsonObject, roomId: RoomId, settings: DecryptionSettings): BundledRelations {
    const { replacement, threadLatest } = bundledEvents(unsigned);
    const decrypt = (event: JsonObject): DecryptionResult => {
      const inner = this.#decryptOne(event, roomId, settings);
      return inner.ok ? { ok: true, event: { ...inner.value, bundledRelations: {} } } : { ok: false, reason: inner.error };
    };
    return {
      ...(replacement === undefined ? {} : { replacement: decrypt(replacement) }),
      ...(threadLatest === undefined ? {} : { threadLatest: decrypt(threadLatest) }),
    };
  }

  #decryptOne(
    value: unknown,
    roomId: RoomId,
    settings: DecryptionSettings,
  ): Result<Omit<DecryptedRoomEvent, "bundledRelations">, UnableToDecryptReason> {
    const event = parseEncryptedRoomEvent(value, roomId);
    if (!event.ok) return err({ code: event.error });
    const { eventId, sender, originServerTs, content, unsigned } = event.value;
    const session = this.#sessions.find(roomId, content.sessionId);
    if (session === undefined) return err(this.#missing(roomId, event.value));
    const ahead = this.#ahead.take(session.record, content.ciphertext);
    const decrypted = ahead === undefined ? session.ratchet.decrypt(content.ciphertext) : ok(ahead);
    if (!decrypted.ok) {
      const code = codeOf(decrypted.error);
      return err(code === "UnknownMegolmMessageIndex" ? this.#tooEarly(roomId, event.value) : { code });
    }
    const payload = parsePayload(decrypted.value.plaintext, roomId, content.relatesTo);
    if (!payload.ok) return err({ code: payload.error });
    const info = this.#originOf(session, event.value, settings);
    if (!info.ok) return err({ code: info.error });
    if (!this.#context.store.megolmMessageIndices.claim(session.record.id, decrypted.value.messageIndex, eventId, originServerTs))
      return err({ code: "ReplayedMessage" });
    const { type, content: plainContent } = payload.value;
    return ok({ eventId, roomId, sender, originServerTs, type, content: plainContent, unsigned, encryptionInfo: info.value });
  }

  /** Who made the session as far as is known now, against what is required of them. */
  #originOf(
    session: OpenInboundSession,
    { sender }: EncryptedRoomEvent,
    settings: DecryptionSettings,
  ): Result<EncryptionInfo, UnableToDecryptCode> {
    const origin = this.#senderOf(session, sender);
    if (!origin.ok) return err("MismatchedIdentityKeys");
    const { senderKey, signingKey, senderData } = origin.value;
    const { record } = session;
    const verificationState = verificationStateOf(senderData, record.imported, sender);
    const refused = decideTrust(settings.senderDeviceTrustRequirement, senderData, verificationState);
    if (refused !== undefined) return err(refused);
    return ok(
      new EncryptionInfo({
        sender,
        senderDevice: senderData.kind === "unknownDevice" ? undefined : senderData.deviceId,
        senderCurve25519: senderKey,
        senderClaimedEd25519: signingKey,
        sessionId: record.ratchet.sessionId,
        verificationState,
        forwarder: record.forwarder,
      }),
    );
  }

  /** The device that the session came from first, or where that is not the sender's, one of theirs that it came from too. */
  #senderOf(session: OpenInboundSession, sender: UserId): Result<SessionOrigin, "mismatched-identity-keys"> {
    const { record } = session;
    const found = findSender(this.#directory, record, sender);
    if (found.ok) this.#sessions.settle(session, found.value);
    const isTheirs = found.ok && isOf(found.value, sender);
    const claim = isTheirs || record.imported ? undefined : this.#sessions.claimOf(session, sender);
    if (claim !== undefined) return ok(claim);
    return found.ok ? ok({ senderKey: record.senderKey, signingKey: record.signingKey, senderData: found.value }) : found;
  }

  #missing(roomId: RoomId, { content }: EncryptedRoomEvent): UnableToDecryptReason {
    const withheldCode = this.#context.store.withheldSessions.codeOf(roomId, content.sessionId);
    return { code: "MissingMegolmSession", ...(withheldCode === undefined ? {} : { withheldCode }) };
  }

  /** The earlier part of the key was kept from us: that explains more than the index. */
  #tooEarly(roomId: RoomId, event: EncryptedRoomEvent): UnableToDecryptReason {
    const reason = this.#missing(roomId, event);
    return reason.withheldCode === undefined ? { code: "UnknownMegolmMessageIndex" } : reason;
  }
}

function codeOf(failure: OlmFailure): UnableToDecryptCode {
  switch (failure) {
    case "unknown-message-index":
      return "UnknownMegolmMessageIndex";
    case "bad-message-format":
    case "bad-message-version":
    case "invalid-base64":
      return "MalformedEncryptedEvent";
    default:
      return "MegolmDecryptionFailure";
  }
}
