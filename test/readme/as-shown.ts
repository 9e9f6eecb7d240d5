import { expect } from "vitest";

const uuid = "[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}";
const orderNo = "UNI\\d{14}[\\dA-HJKMNP-TV-Z]{15}";
const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";

/** Parts of answers that differ from run to run. `…` in the README stands for any text. */
const different = new RegExp(`…|${uuid}|${orderNo}|${time}|(?<=//127\\.0\\.0\\.1:)\\d+`, "g");
const patterns = [uuid, orderNo, time, "\\d+"];

/** Turns an answer shown in the README into the expectation for another run: texts that vary become patterns. */
export function asShown(shown: unknown): unknown {
  if (typeof shown === "string") return alike(shown);
  if (Array.isArray(shown)) return shown.map(asShown);
  if (typeof shown !== "object" || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, asShown(value)]));
}

function alike(text: string): unknown {
  let pattern = "";
  let from = 0;
  for (const { index, 0: found } of text.matchAll(different)) {
    pattern += verbatim(text.slice(from, index)) + patternOf(found);
    from = index + found.length;
  }
  if (from === 0) return text;
  return expect.stringMatching(new RegExp(`^${pattern}${verbatim(text.slice(from))}$`));
}

function patternOf(found: string): string {
  return patterns.find((pattern) => new RegExp(`^${pattern}$`).test(found)) ?? ".+";
}

function verbatim(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
