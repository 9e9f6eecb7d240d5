import type { RefusalRule, RefusalTable } from "../../domain/refusal.ts";

/** The same rule for several codes, which are separated by whitespace. */
export function rulesFor(rule: RefusalRule, codes: string): RefusalTable {
  return Object.fromEntries(wordsOf(codes).map((code) => [code, rule]));
}

function wordsOf(text: string): string[] {
  return text.trim().split(/\s+/);
}
