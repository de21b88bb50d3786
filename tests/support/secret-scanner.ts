/** A secret of a run, by a name that a failing test may print. */
export type NamedSecret = { readonly name: string; readonly bytes: Uint8Array };

export type Found = { readonly name: string; readonly form: string; readonly where: string };

type Pattern = { readonly name: string; readonly form: string; readonly bytes: Buffer };

const MIN_BYTES = 12;
const BITS = 20;

/**
 * Looks for many secrets at once, in every form in which one could be written down: raw, hex, base64 of both alphabets at any alignment, a list of decimal
 * numbers, with JSON's escapes, and each of these texts with two bytes a character. One pass over the bytes, whatever the number of secrets.
 */
export class SecretScanner {
  readonly #byStart = new Map<number, Pattern[]>();
  readonly #starts = new Uint8Array(1 << BITS);
  #longest = 0;
  #bytes = 0;

  constructor(secrets: readonly NamedSecret[]) {
    for (const secret of secrets) {
      if (secret.bytes.length < MIN_BYTES) throw new RangeError(`${secret.name} is too short to be looked for`);
      for (const pattern of formsOf(secret)) this.#add(pattern);
    }
  }

  /** How much has been looked through. */
  get bytesScanned(): number {
    return this.#bytes;
  }

  /** Bytes by which pieces of one thing have to overlap. */
  get overlap(): number {
    return this.#longest - 1;
  }

  /** Each secret and form at most once. `where` goes into what is found. */
  scan(where: string, bytes: Uint8Array): Found[] {
    this.#bytes += bytes.length;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found = new Map<Pattern, Found>();
    const starts = this.#starts;
    let word = 0;
    for (let at = 0; at < buffer.length; at++) {
      word = ((word << 8) | (buffer[at] ?? 0)) >>> 0;
      if (at < 3 || starts[hashOf(word)] === 0) continue;
      for (const pattern of this.#byStart.get(word) ?? []) {
        const from = at - 3;
        if (found.has(pattern) || from + pattern.bytes.length > buffer.length) continue;
        if (buffer.compare(pattern.bytes, 0, pattern.bytes.length, from, from + pattern.bytes.length) === 0)
          found.set(pattern, { name: pattern.name, form: pattern.form, where });
      }
    }
    return [...found.values()];
  }

  #add(pattern: Pattern): void {
    const word = pattern.bytes.readUInt32BE(0);
    const known = this.#byStart.get(word) ?? [];
    if (known.some(({ bytes }) => bytes.equals(pattern.bytes))) return;
    this.#byStart.set(word, [...known, pattern]);
    this.#starts[hashOf(word)] = 1;
    this.#longest = Math.max(this.#longest, pattern.bytes.length);
  }
}

const hashOf = (word: number): number => Math.imul(word, 0x9e3779b1) >>> (32 - BITS);

function formsOf({ name, bytes }: NamedSecret): Pattern[] {
  const raw = Buffer.from(bytes);
  const hex = raw.toString("hex");
  const texts: (readonly [string, string])[] = [
    ["hex", hex],
    ["HEX", hex.toUpperCase()],
    ["decimal", [...raw].join(",")],
    ["json", JSON.stringify(raw.toString("latin1")).slice(1, -1)],
  ];
  for (const shift of [0, 1, 2]) {
    // What stays the same of the base64 of something longer that has the secret at this place: whole groups of three bytes.
    const usable = raw.subarray((3 - shift) % 3);
    const groups = usable.subarray(0, usable.length - (usable.length % 3));
    if (groups.length < 9) continue;
    texts.push([`base64+${shift}`, groups.toString("base64")], [`base64url+${shift}`, groups.toString("base64url")]);
  }
  const patterns = [{ name, form: "raw", bytes: raw }];
  for (const [form, text] of texts) {
    patterns.push({ name, form, bytes: Buffer.from(text, "latin1") }, { name, form, bytes: Buffer.from(text, "utf8") });
    patterns.push({ name, form: `${form} in two bytes`, bytes: Buffer.from(text, "utf16le") });
  }
  if (/^[\x20-\x7e]+$/.test(raw.toString("latin1")))
    patterns.push({ name, form: "text in two bytes", bytes: Buffer.from(raw.toString("latin1"), "utf16le") });
  return patterns.filter((pattern) => pattern.bytes.length >= MIN_BYTES);
}
