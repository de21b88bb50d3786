import { parseUserId } from "../../../protocol/ids.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import { requireDeviceId, requireRoomId, requireUserId } from "../require-ids.ts";
import type { VerificationInfo, VerificationRequestInfo } from "./verification-info.ts";
import type { VerificationReceiver } from "./verification-receiver.ts";
import type { NewVerification, Verifications } from "./verifications.ts";

export type VerificationParts = { readonly verifications: Verifications; readonly verificationReceiver: VerificationReceiver };

/**
 * The verification part of the machine's calls. The caller sends every returned request, in order; more of them come out of `outgoingRequests`. A call that
 * the flow's state does not wait for returns none. All throw MachineError `unknown-verification` for a flow that is not known (any more).
 */
export abstract class MachineVerification {
  /** To another user, or one of our own devices, by to-device. @throws MachineError `unknown-device` */
  requestDeviceVerification(userId: string, deviceId: string, methods: readonly string[]): NewVerification {
    return this.run(({ verifications }) => verifications.requestDevice(requireUserId(userId), requireDeviceId(deviceId), methods));
  }

  /** To our other devices that our identity vouches for, or to all when there are none; one takes part. @throws MachineError `unknown-device` */
  requestOwnVerification(methods: readonly string[]): NewVerification {
    return this.run(({ verifications }) => verifications.requestOwn(methods));
  }

  /** In a room with that user. `flowId` becomes the event's id once the request was sent, and stays good. @throws MachineError `unknown-identity` */
  requestUserVerification(userId: string, roomId: string, methods: readonly string[]): NewVerification {
    return this.run(({ verifications }) => verifications.requestUser(requireUserId(userId), requireRoomId(roomId), methods));
  }

  acceptVerification(userId: string, flowId: string, methods: readonly string[]): OutgoingRequest[] {
    return this.run(({ verifications }) => verifications.accept(requireUserId(userId), flowId, methods));
  }

  /** `m.user` to refuse, `m.mismatched_sas` where the codes differ. */
  cancelVerification(userId: string, flowId: string, code = "m.user"): OutgoingRequest[] {
    return this.run(({ verifications }) => verifications.cancel(requireUserId(userId), flowId, code));
  }

  startSas(userId: string, flowId: string): OutgoingRequest[] {
    return this.run(({ verifications }) => verifications.startSas(requireUserId(userId), flowId));
  }

  acceptSas(userId: string, flowId: string): OutgoingRequest[] {
    return this.run(({ verifications }) => verifications.acceptSas(requireUserId(userId), flowId));
  }

  /** The user has compared the codes, and they are the same. */
  confirmSas(userId: string, flowId: string): OutgoingRequest[] {
    return this.run(({ verifications }) => verifications.confirmSas(requireUserId(userId), flowId));
  }

  /**
   * The bytes of the code. SECURITY: only for the screen.
   * @throws MachineError `wrong-verification-state`; `unknown-identity` or `identity-not-verified` where there is nothing that could be shown
   */
  generateQrCode(userId: string, flowId: string): Uint8Array {
    return this.run(({ verifications }) => verifications.generateQr(requireUserId(userId), flowId));
  }

  /** @throws MachineError `invalid-qr-code` for one that is not of this flow, which goes on; `wrong-verification-state` */
  scanQrCode(userId: string, flowId: string, bytes: Uint8Array): OutgoingRequest[] {
    return this.run(({ verifications }) => verifications.scanQr(requireUserId(userId), flowId, bytes));
  }

  /** The user has seen the other device say that it scanned our code. */
  confirmQrScanned(userId: string, flowId: string): OutgoingRequest[] {
    return this.run(({ verifications }) => verifications.confirmQrScanned(requireUserId(userId), flowId));
  }

  /** A decrypted event of a room's timeline, or one in clear text. What is no verification event of ours is ignored. */
  receiveVerificationEvent(event: unknown, roomId: string): void {
    this.run(({ verificationReceiver }) => verificationReceiver.receiveRoomEvent(event, requireRoomId(roomId)));
  }

  /** Those of this run of the program; ended ones for ten minutes. Of everyone unless a user is named. */
  getVerificationRequests(userId?: string): VerificationRequestInfo[] {
    const user = userId === undefined ? undefined : parseUserId(userId);
    if (user?.ok === false) return [];
    return this.run(({ verifications }) => verifications.requests(user?.value));
  }

  /** Undefined while no method has begun. */
  getVerification(userId: string, flowId: string): VerificationInfo | undefined {
    const user = parseUserId(userId);
    return user.ok ? this.run(({ verifications }) => verifications.verification(user.value, flowId)) : undefined;
  }

  /** Another number after every change of a verification. */
  verificationRevision(): number {
    return this.run(({ verifications }) => verifications.flows.revision);
  }

  /** Ends what has waited for too long, as every sync does; the cancellations are in `outgoingRequests`. */
  tickVerifications(): void {
    this.run(({ verifications }) => verifications.tick());
  }

  protected abstract run<T>(work: (parts: VerificationParts) => T): T;
}
