import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { RefusalRule, RefusalTable } from "../../lib/domain/refusal.ts";

/** One provider's tables, by the name of the call that is refused. */
export type ProviderRefusals = Record<string, RefusalTable>;

const folder = path.join(import.meta.dirname, "../../lib/providers");
const opening = "<!-- refusals: npm run refusal-tables -->\n";
const closing = "<!-- /refusals -->";

/** The names of the providers' folders. */
export function providerNames(): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

export function readmeOf(provider: string): string {
  return path.join(folder, provider, "README.md");
}

/** `refusals` of `lib/providers/<provider>/refusals.ts`. */
export async function refusalsOf(provider: string): Promise<ProviderRefusals> {
  const file = path.join(folder, provider, "refusals.ts");
  const example = `export const refusals = { <call>: table, … } satisfies Record<string, RefusalTable>`;
  if (!existsSync(file))
    throw new Error(`lib/providers/${provider}/refusals.ts is missing: write "${example}"`);
  const { refusals }: { refusals?: ProviderRefusals } = await import(pathToFileURL(file).href);
  if (!refusals)
    throw new Error(`lib/providers/${provider}/refusals.ts exports no refusals: write "${example}"`);
  return refusals;
}

/** `readme` with the tables between its two comments. */
export function withTables(readme: string, refusals: ProviderRefusals): string {
  const from = readme.indexOf(opening) + opening.length;
  const to = readme.indexOf(closing, from);
  if (from < opening.length || to < 0) {
    throw new Error(`the README has no place for the tables: write the lines\n${opening}${closing}`);
  }
  return `${readme.slice(0, from)}${tablesOf(refusals)}${readme.slice(to)}`;
}

const unlisted = `A code that is in no table counts as the merchant's fault and is not final if the call creates a payment. If the call
moves money, its outcome is unknown: the gateway fetches it from the provider and raises an alarm once a day.
`;

/** One Markdown table for each call, after one of the codes that mean the same for every call. */
export function tablesOf(refusals: ProviderRefusals): string {
  const tables = Object.values(refusals);
  const isCommon = (code: string, rule: RefusalRule) =>
    tables.length > 1 && tables.every((table) => sameRule(table[code], rule));
  const common = Object.entries(tables[0] ?? {}).filter(([code, rule]) => isCommon(code, rule));
  const sections = [["every call", common] as const].filter(() => common.length > 0);
  const own = Object.entries(refusals).map(([call, table]) => {
    return [`\`${call}\``, Object.entries(table).filter(([code, rule]) => !isCommon(code, rule))] as const;
  });
  const shown = [...sections, ...own].filter(([, rules]) => rules.length > 0);
  return [unlisted, ...shown.map(([title, rules]) => section(title, rules))].join("\n");
}

function section(title: string, rules: [string, RefusalRule][]): string {
  const rows = rules.map(([code, rule]) => `| \`${code}\` | ${rule.fault} | ${actionOf(rule)} |`);
  const sources = [...new Set(rules.map(([, { source }]) => source))];
  const table = [
    `| refusal of ${title} | whose fault | what the gateway does |`,
    "| --- | --- | --- |",
    ...rows,
  ];
  return `${table.join("\n")}\n\nFrom ${sources.join(" · ")}.\n`;
}

/** What the gateway does after a refusal. */
export function actionOf({ fault, ends, note }: RefusalRule): string {
  if (note !== undefined) return note;
  if (fault === "provider") return "unknown: the outcome is fetched from the provider, number and key stay";
  if (ends === "subject") return "final: the order or refund has failed";
  if (ends === "try") return "this try has failed, the buyer may try again";
  return "not final: nothing was created, the same request may succeed later";
}

function sameRule(a: RefusalRule | undefined, b: RefusalRule): boolean {
  return a !== undefined && a.fault === b.fault && actionOf(a) === actionOf(b) && a.source === b.source;
}
