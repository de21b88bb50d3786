/** A public key in groups of four, as people read it to each other. */
export function fingerprintGroups(key: string): string {
  return key.match(/.{1,4}/gu)?.join(" ") ?? key;
}
