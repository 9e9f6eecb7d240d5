/** Blanks, line ends, and characters without width, as the byte order mark is. */
export const blanks = /[\s\u200B-\u200D\u2060\uFEFF]+/gu;

const edges = /^[\s\u200B-\u200D\u2060\uFEFF"'`“”‘’„«]+|[\s\u200B-\u200D\u2060\uFEFF"'`“”‘’»,;]+$/gu;

/**
 * A value without what editors, consoles and chat programs put around it: blanks, quotation marks, the comma or semicolon
 * of JSON or code. For values that neither begin nor end with any of these.
 */
export function unwrapped(pasted: string): string {
  return pasted.replace(edges, "");
}
