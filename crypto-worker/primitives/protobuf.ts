/** A field of libolm's messages: a varint (`number`) or a byte string (`bytes`, a view into the input). */
export type ProtobufField = { readonly tag: number; readonly number?: number; readonly bytes?: Uint8Array };

const MAX_FIELDS = 16;

/** Reads one-byte-tagged fields, as Olm and Megolm use them; undefined for anything malformed. Varints above 2^32-1 are malformed. */
export function readFields(input: Uint8Array): ProtobufField[] | undefined {
  const fields: ProtobufField[] = [];
  let at = 0;
  while (at < input.length) {
    if (fields.length >= MAX_FIELDS) return undefined;
    const tag = input[at] ?? 0;
    const value = readVarint(input, at + 1);
    if (tag > 0x7f || value === undefined) return undefined;
    at = value.next;
    if ((tag & 7) === 0) {
      fields.push({ tag, number: value.number });
    } else if ((tag & 7) === 2) {
      if (value.number > input.length - at) return undefined;
      fields.push({ tag, bytes: input.subarray(at, at + value.number) });
      at += value.number;
    } else {
      return undefined;
    }
  }
  return fields;
}

/** Little-endian base 128; undefined when it is cut off or larger than 32 bits. */
export function readVarint(input: Uint8Array, at: number): { readonly number: number; readonly next: number } | undefined {
  let number = 0;
  for (let i = 0; i < 5; i++) {
    const byte = input[at + i];
    if (byte === undefined) return undefined;
    number += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return number <= 0xffff_ffff ? { number, next: at + i + 1 } : undefined;
  }
  return undefined;
}
