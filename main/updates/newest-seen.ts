import { z } from "zod";
import { CodedError } from "../../protocol/errors.ts";
import { readTextFile, writeFileAtomically } from "../profile/atomic-file.ts";

const seenSchema = z.strictObject({ channel: z.string().max(32), issued: z.iso.datetime() });

/**
 * When the newest announcement of a channel was signed that this profile has ever seen, so that an older one, which says what was true once, does not count any
 * more. A file that is missing or damaged is as if nothing had been seen: the version that runs is the floor all the same.
 */
export class NewestSeen {
  readonly #path: string;
  readonly #channel: string;

  constructor(path: string, channel: string) {
    this.#path = path;
    this.#channel = channel;
  }

  /** In milliseconds; 0 where nothing was seen. */
  read(): number {
    const text = readTextFile(this.#path, 1024);
    const seen = text.ok && text.value !== undefined ? parseSeen(text.value) : undefined;
    return seen === undefined || seen.channel !== this.#channel ? 0 : Date.parse(seen.issued);
  }

  /** On disk when it returns. Never goes back. Throws `update-not-saved`: what cannot be remembered is not to be acted on. */
  remember(issued: number): void {
    if (issued <= this.read()) return;
    try {
      writeFileAtomically(this.#path, `${JSON.stringify({ channel: this.#channel, issued: new Date(issued).toISOString() })}\n`);
    } catch {
      throw new CodedError("update-not-saved");
    }
  }
}

function parseSeen(text: string): z.infer<typeof seenSchema> | undefined {
  try {
    const parsed = seenSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
