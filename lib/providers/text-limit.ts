/** How a provider counts a text: bytes of its UTF-8, UTF-16 units, or characters (Unicode code points). */
export type TextUnit = "bytes" | "utf16" | "characters";

/** The longest text that a provider takes in one field. `source`: where it says so, with the date on which it was read. */
export type TextLimit = { most: number; unit: TextUnit; source: string };

const ellipsis = "…";

/** `text` within the limit: whole, or cut between code points and ended with `…`. Unpaired surrogates become U+FFFD. */
export function cut(text: string, { most, unit }: TextLimit): string {
  const whole = text.toWellFormed();
  if (sizeOf(whole, unit) <= most) return whole;
  const left = most - sizeOf(ellipsis, unit);
  let kept = "";
  let size = 0;
  for (const character of whole) {
    size += sizeOf(character, unit);
    if (size > left) break;
    kept += character;
  }
  return kept + ellipsis;
}

/** How long the provider takes the text to be. */
export function sizeOf(text: string, unit: TextUnit): number {
  if (unit === "bytes") return Buffer.byteLength(text);
  return unit === "utf16" ? text.length : [...text].length;
}
