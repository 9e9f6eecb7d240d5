/** Spaces, line ends, and zero-width characters such as the byte order mark. */
export const blanks = /[\s\u200B-\u200D\u2060\uFEFF]+/gu;

const edges = /^[\s\u200B-\u200D\u2060\uFEFF"'`“”‘’„«]+|[\s\u200B-\u200D\u2060\uFEFF"'`“”‘’»,;]+$/gu;

/**
 * Removes what editors, consoles and chat programs put around a value: spaces, quotation marks, the comma or semicolon
 * of JSON or code. For values that neither begin nor end with any of these.
 */
export function unwrapped(pasted: string): string {
  return pasted.replace(edges, "");
}
