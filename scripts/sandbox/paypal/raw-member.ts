/**
 * The exact text of a top-level member of a JSON object, undefined when there is none. A signature must be checked over
 * the original text, because parsing and serialising again changes spaces, escapes and numbers.
 * `json` must be valid.
 */
export function rawMember(json: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let start = -1;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      const end = stringEnd(json, at);
      if (depth === 1 && start < 0) key = JSON.parse(json.slice(at, end));
      at = end - 1;
    } else if (character === "{" || character === "[") depth++;
    else if (depth === 1 && character === ":") start = at + 1;
    else if (depth === 1 && (character === "," || character === "}")) {
      if (key === name) return json.slice(start, at).trim();
      start = -1;
      if (character === "}") return undefined;
    } else if (character === "}" || character === "]") depth--;
  }
  return undefined;
}

/** The index after the closing quote of the string that begins at `at`. */
function stringEnd(json: string, at: number): number {
  for (let next = at + 1; next < json.length; next++) {
    if (json[next] === "\\") next++;
    else if (json[next] === '"') return next + 1;
  }
  return json.length;
}
