import { z } from "zod";
import { countSchema } from "./text.ts";
import { incomingVerificationSchema } from "./verification-view.ts";

/** How well this account's keys are looked after, without anything secret. One value, so that no two places can disagree about it. */
export const safetySchema = z.strictObject({
  /** `unknown` until the server has been asked once. */
  identity: z.enum(["unknown", "none", "present"]),
  /** Whether our identity vouches for this device. */
  thisDeviceVerified: z.boolean(),
  /** Which private cross-signing keys are here. */
  privateKeys: z.strictObject({ master: z.boolean(), selfSigning: z.boolean(), userSigning: z.boolean() }),
  /** Other devices of ours that could take part in verifying this one. */
  otherVerifiedDevices: countSchema,
  /** Devices of ours that the identity does not vouch for, this one left out. */
  unverifiedDevices: countSchema,
  recovery: z.strictObject({
    /** `incomplete`: there is secret storage on the server, but not all that belongs into it, or not all of it is here. */
    state: z.enum(["unknown", "disabled", "enabled", "incomplete"]),
    /** Whether a passphrase opens it, next to the recovery key. */
    hasPassphrase: z.boolean(),
    /** What is missing from the server's secret storage, or from here. */
    missing: z.array(z.enum(["master", "self-signing", "user-signing", "backup", "backup-key-here", "private-keys-here"])).max(6),
  }),
  backup: z.strictObject({
    /** `untrusted`: there is one on the server which nothing here vouches for; nothing is put into it. */
    state: z.enum(["unknown", "none", "untrusted", "enabled"]),
    version: z.string().max(255).nullable(),
    total: countSchema,
    backedUp: countSchema,
    uploading: z.boolean(),
  }),
  /** The device on the server that takes room keys while nobody is signed in (MSC3814). */
  dehydration: z.strictObject({
    /**
     * `off`: recovery is off, or holds no key for it. `unsupported`: by the server. `locked`: its key, or our identity's, is not here. `unreadable`: another
     * program has made it, in a form that this one cannot read. `collecting`: what it has received is being read.
     */
    state: z.enum(["unknown", "off", "unsupported", "locked", "unreadable", "collecting", "on"]),
    /** Messages that were read out of it since the start. */
    received: countSchema,
  }),
  /** Requests of others that wait for a person. */
  incoming: z.array(incomingVerificationSchema).max(50),
});
export type Safety = z.infer<typeof safetySchema>;
