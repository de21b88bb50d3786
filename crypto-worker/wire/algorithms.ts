export const OLM_ALGORITHM = "m.olm.v1.curve25519-aes-sha2";
export const MEGOLM_ALGORITHM = "m.megolm.v1.aes-sha2";

/** What our device keys advertise, and all that anything here accepts. */
export const SUPPORTED_ALGORITHMS: readonly string[] = [OLM_ALGORITHM, MEGOLM_ALGORITHM];
