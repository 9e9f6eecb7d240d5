/** Windows programs may write one before JSON; JSON itself allows none (RFC 8259, 8.1). */
const byteOrderMark = /^\uFEFF/;

/** The text without the mark of its byte order. */
export function withoutByteOrderMark(text: string): string {
  return text.replace(byteOrderMark, "");
}

/** Common mistakes outside of strings, each with its correction; the first that matches is reported. */
const habits: [RegExp, string][] = [
  [/[\u201C\u201D\u2018\u2019\u00AB\u00BB\uFF02]/, 'replace the typographic quotes by "'],
  [/'/, "put names and texts into double quotes, not single ones"],
  [/\/[/*]|(?:^|\n)[^\S\n]*#/, "remove the comments"],
  [/,\s*[}\]]/, "remove the comma before the closing bracket"],
  [/[\uFF0C\uFF1A]/, "replace the full-width comma or colon by an ASCII one"],
  [/[\u00A0\u3000\u200B\uFEFF]/, "remove the special blanks between its parts"],
  [/\b(?:NaN|-?Infinity|None|True|False|undefined)\b/, "use null, true, false and plain numbers"],
  [/[{,]\s*[A-Za-z_$][\w$]*\s*:/, "put its names into double quotes"],
  [
    /[:[,]\s*(?:\+|-?0\d|-?\.\d|-?\d+\.(?!\d))/,
    "write numbers as 12.34: no plus, no leading zeros, digits around the point",
  ],
  [/^\s*[\w.%+-]+=/, "send JSON, not a form"],
];

const longestExamined = 4_096;

/** Why a text is not valid JSON and what to change. The text itself is never repeated, because it may be a secret. */
export function whyNotJson(text: string): string {
  if (text.trim() === "") return "it is empty";
  // Closed strings are removed; an unclosed one is left and shows the mistake. Only the beginning is examined, because
  // the patterns are slow on long texts.
  const begun = text.slice(0, longestExamined);
  const outside = begun.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  const habit = habits.find(([found]) => found.test(outside));
  if (habit) return habit[1];
  if (begun === text && /"[^"]*\n/.test(outside))
    return "a text holds a line break or is not closed: write \\n in it";
  return "check its brackets, commas and quotes";
}
