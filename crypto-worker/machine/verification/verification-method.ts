/** A way to verify, as requests and their answers list it (E2EE §Key verification framework). */
export type VerificationMethod = "m.sas.v1" | "m.qr_code.show.v1" | "m.qr_code.scan.v1" | "m.reciprocate.v1";

const METHODS: ReadonlySet<string> = new Set<VerificationMethod>([
  "m.sas.v1",
  "m.qr_code.show.v1",
  "m.qr_code.scan.v1",
  "m.reciprocate.v1",
]);

/** Those that we know, each once; what else a peer can do does not matter. */
export function parseMethods(values: Iterable<string>): VerificationMethod[] {
  return [...new Set(values)].filter(isMethod);
}

function isMethod(value: string): value is VerificationMethod {
  return METHODS.has(value);
}
