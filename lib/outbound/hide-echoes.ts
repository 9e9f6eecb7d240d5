/** Texts with fewer letters and digits than this are words, not credentials. */
const fewestLetters = 8;

/** What JSON, HTML or URL encoding may escape or change: everything except ASCII letters and digits. */
const wrapping = /(?:\\|%5c)(?:u[\da-f]{4}|[bfnrt])|%[\da-f]{2}|&#?[\da-z]{2,8};|[^\da-z]/gi;

/** Redacts each of `sent`, compared by letters and digits only, so that common ways of escaping do not hide it. */
export function hideEchoes(text: string, sent: readonly string[]): string {
  const places: number[] = [];
  let letters = "";
  let next = 0;
  for (const { index, 0: wrapped } of [...text.matchAll(wrapping), { index: text.length, 0: "" }]) {
    letters += text.slice(next, index);
    for (; next < index; next += 1) places.push(next);
    next = index + wrapped.length;
  }
  const isHidden = new Uint8Array(text.length);
  for (const each of sent) {
    const sought = each.replace(wrapping, "");
    if (sought.length < fewestLetters) continue;
    // Compare verbatim, too: a character before it may turn its first letters into an escape sequence.
    for (let at = text.indexOf(each); at >= 0; at = text.indexOf(each, at + each.length))
      // mutation: echo-within-escape
      isHidden.fill(1, at, at + each.length);
    for (let at = letters.indexOf(sought); at >= 0; at = letters.indexOf(sought, at + sought.length))
      isHidden.fill(1, places[at], (places[at + sought.length - 1] ?? 0) + 1);
  }
  let shown = "";
  for (let place = 0; place < text.length; place += 1) {
    if (!isHidden[place]) shown += text[place];
    else if (!isHidden[place - 1]) shown += "[redacted]";
  }
  return shown;
}
