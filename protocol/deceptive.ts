const DECEPTIVE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** Whether a text holds characters that would make it look like another one: controls, those without a width, and those that turn the writing direction. */
export function isDeceptive(text: string): boolean {
  return DECEPTIVE.test(text);
}
