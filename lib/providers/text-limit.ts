/**
 * The unit in which a provider counts the length of a text: bytes of its UTF-8, UTF-16 units, characters (Unicode code
 * points), or bytes of its GBK (ASCII 1, the rest 2, beyond the basic plane 4).
 */
export type TextUnit = "bytes" | "utf16" | "characters" | "gbk";

/** The longest text that a provider accepts in one field. `source`: the page that says so, and when it was read. */
export type TextLimit = { most: number; unit: TextUnit; source: string };

const ellipsis = "…";

/** `text` within the limit: whole, or cut between code points and ended with `…`. Unpaired surrogates become U+FFFD. */
export function cut(text: string, { most, unit }: TextLimit): string {
  const whole = text.toWellFormed();
  if (sizeOf(whole, unit) <= most) return whole;
  const left = most - sizeOf(ellipsis, unit);
  let shortened = "";
  let size = 0;
  for (const character of whole) {
    size += sizeOf(character, unit);
    if (size > left) break;
    shortened += character;
  }
  return shortened + ellipsis;
}

/** Length of the text in that unit. */
export function sizeOf(text: string, unit: TextUnit): number {
  if (unit === "bytes") return Buffer.byteLength(text);
  if (unit === "utf16") return text.length;
  if (unit === "characters") return [...text].length;
  return [...text].reduce((size, character) => size + gbkSizeOf(character), 0);
}

function gbkSizeOf(character: string): number {
  if (character.length === 2) return 4;
  return character < "\u0080" ? 1 : 2;
}
