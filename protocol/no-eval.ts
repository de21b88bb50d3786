import { config } from "zod";

// The pages' policy forbids eval. zod compiles its object parsers with `new Function` unless told not to, and its mere attempt is reported
// as a violation; so this module must be imported before any schema is made, as the first import of each page.
config({ jitless: true });
