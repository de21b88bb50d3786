/** The secrets that devices of one user share with each other (Secrets §Sharing). */
export const SECRET_NAMES = [
  "m.cross_signing.master",
  "m.cross_signing.self_signing",
  "m.cross_signing.user_signing",
  "m.megolm_backup.v1",
] as const;

export type SecretName = (typeof SECRET_NAMES)[number];

/** Undefined for a secret that we neither have nor want. */
export function parseSecretName(name: string | undefined): SecretName | undefined {
  return SECRET_NAMES.find((known) => known === name);
}
