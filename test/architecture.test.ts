import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { functions } from "../lib/functions.ts";
import { providers } from "../lib/providers/registry.ts";

const root = path.join(import.meta.dirname, "..");

/**
 * Who may import whom, by the longest prefix of the importing file. Everything unlisted is refused. A file always reaches
 * its own folder.
 */
const everyone = [
  "lib/clock.ts",
  "lib/log.ts",
  "lib/errors.ts",
  "lib/failpoint.ts",
  "lib/invocation.ts",
  "lib/money",
];
const useCases = ["lib/payment", "lib/refund", "lib/notify", "lib/merchant"];
const rules: Record<string, string[]> = {
  functions: [
    "lib/open-gateway.ts",
    "lib/http",
    "lib/ops",
    "lib/queue",
    "lib/environment.ts",
    "lib/providers/registry.ts",
    "lib/providers/seal-configs.ts",
    "lib/storage/prepare-database.ts",
    ...useCases,
    ...everyone,
  ],
  "lib/open-gateway.ts": ["lib"],
  "lib/functions.ts": ["lib/http/call-line.ts", "lib/http/routes.ts", "lib/providers/registry.ts"],
  "lib/environment.ts": [],
  "lib/health.ts": ["lib/cache", "lib/storage/database.ts", "lib/clock.ts"],
  "lib/errors.ts": [],
  "lib/clock.ts": [],
  "lib/failpoint.ts": [],
  "lib/invocation.ts": [],
  "lib/log.ts": ["lib/invocation.ts"],
  "lib/json-text.ts": [],
  "lib/money": [],
  "lib/payment": ["lib/refund", ...everyone],
  "lib/refund": ["lib/payment", ...everyone],
  "lib/notify": ["lib/payment", "lib/refund", "lib/outbound", ...everyone],
  "lib/merchant": ["lib/payment", ...everyone],
  "lib/outbound": ["lib/failpoint.ts", "lib/invocation.ts"],
  "lib/providers": ["lib/payment", "lib/refund", "lib/outbound", ...everyone],
  "lib/storage": [
    "lib/payment",
    "lib/refund",
    "lib/notify",
    "lib/merchant",
    "lib/environment.ts",
    ...everyone,
  ],
  "lib/cache": ["lib/notify/ports.ts", ...everyone],
  "lib/queue": ["lib/payment/ports.ts", ...everyone],
  "lib/vault": [...everyone],
  "lib/http": [
    "lib/payment",
    "lib/refund",
    "lib/merchant",
    "lib/providers/registry.ts",
    "lib/json-text.ts",
    ...everyone,
  ],
  "lib/http/openapi": [
    "lib/http",
    "lib/notify/notification-body.ts",
    "lib/providers/registry.ts",
    ...everyone,
  ],
  "lib/ops": [
    "lib/open-gateway.ts",
    "lib/http/failure-of.ts",
    "lib/http/fields.ts",
    "lib/http/list-contracts.ts",
    "lib/http/payment-answers.ts",
    "lib/http/words-for-input.ts",
    "lib/json-text.ts",
    "lib/providers/credentials.ts",
    "lib/providers/provider-module.ts",
    "lib/providers/registry.ts",
    "lib/storage",
    ...useCases,
    ...everyone,
  ],
  infra: ["lib/functions.ts", "lib/environment.ts", "lib/http/routes.ts"],
  scripts: ["lib", "infra/stages.ts"],
  "scripts/sandbox": ["lib/clock.ts"],
  test: ["functions", "lib", "infra", "scripts"],
};

/** Every use of `acrossMerchants`, by what it is for. */
const across: Record<string, string[]> = {
  "lib/storage/anomalies.ts": [
    "a code that no table holds is no merchant's own fact",
    "operators' list",
    "an operator's anomaly by its id",
  ],
  "lib/storage/calls.ts": ["a batch of call records is of many merchants"],
  "lib/storage/claim-delivery.ts": ["an endpoint is one merchant's URL"],
  "lib/storage/deliveries.ts": ["what a sweeper has found, it marks"],
  "lib/storage/due-deliveries.ts": ["an endpoint is one merchant's URL", "sweepers"],
  "lib/storage/list-calls.ts": ["operators' list"],
  "lib/storage/list-deliveries.ts": ["operators' list"],
  "lib/storage/list-payments.ts": ["operators' list"],
  "lib/storage/list-refunds.ts": ["operators' list", "an operator's refund by its id"],
  "lib/storage/look-ups.ts": ["sweepers"],
  "lib/storage/merchants.ts": ["a merchant that there is not yet", "operators' list", "all are sealed anew"],
  "lib/storage/order-record.ts": ["an operator's order by its number"],
  "lib/storage/orders.ts": ["the page to which a buyer returns knows the order number only"],
  "lib/storage/payment-configs.ts": ["a webhook's URL names a config", "sweepers", "all are sealed anew"],
  "lib/storage/refunds.ts": ["sweepers"],
  "lib/storage/statistics.ts": ["payments", "deliveries", "oldest delivery", "look-ups", "anomalies"],
  "lib/storage/triage.ts": [
    "stuck refunds",
    "stuck orders",
    "open anomalies",
    "notifications never received",
  ],
  "lib/storage/unmatched-facts.ts": ["sweepers"],
  "lib/storage/webhook-events.ts": [
    "operators' list",
    "an operator's event by its id",
    "all are sealed anew",
  ],
};
/** Raw statements that name tables: nothing narrows them to a merchant. */
const raw: Record<string, string> = {
  "lib/storage/claim-delivery.ts": "an endpoint is one merchant's URL",
  "lib/storage/forget-oldest.ts": "retention, of every merchant",
  "lib/storage/migrations/0001-schema.ts": "the schema",
};

const files = globSync("{functions,lib,infra,scripts,test}/**/*.ts", { cwd: root }).sort();
const sources = new Map(files.map((file) => [file, readFileSync(path.join(root, file), "utf8")]));

/** Relative imports of a file, static and dynamic, as paths from the root. */
function importsOf(file: string): string[] {
  const found = sources.get(file)!.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g);
  return [...found].map(([, target]) => path.join(path.dirname(file), target!));
}

const within = (file: string, place: string) => file === place || file.startsWith(`${place}/`);
const ruleOf = (file: string) =>
  Object.keys(rules)
    .filter((place) => within(file, place))
    .sort((a, b) => b.length - a.length)[0];

describe("the architecture", () => {
  it("has a rule for every file", () => {
    expect(files.filter((file) => ruleOf(file) === undefined)).toEqual([]);
  });

  it("lets each folder import only what its rule lists", () => {
    const refused = files.flatMap((file) => {
      const place = ruleOf(file)!;
      const allowed = [...(place.endsWith(".ts") ? [] : [place]), ...rules[place]!];
      return importsOf(file)
        .filter((target) => !allowed.some((one) => within(target, one)))
        .map((target) => `${file} -> ${target}`);
    });
    expect(refused).toEqual([]);
  });

  it("keeps providers apart", () => {
    const apart = files.flatMap((file) => {
      const own = /^lib\/providers\/([^/]+)\//.exec(file)?.[1];
      if (own === undefined) return [];
      return importsOf(file).filter(
        (target) => /^lib\/providers\/[^/]+\//.test(target) && !within(target, `lib/providers/${own}`),
      );
    });
    expect(apart).toEqual([]);
  });

  it("has an entry file of at most 25 lines for every function, and no other", () => {
    const entries = globSync("**/*.ts", { cwd: path.join(root, "functions") }).map((file) =>
      file.replace(/\.ts$/, ""),
    );
    expect(entries.sort()).toEqual(functions.map(({ entry }) => entry).sort());
    const long = entries.filter(
      (entry) => sources.get(`functions/${entry}.ts`)!.trimEnd().split("\n").length > 25,
    );
    expect(long).toEqual([]);
  });

  it("gives every provider a folder, a README and a simulator", () => {
    for (const name of Object.keys(providers)) {
      expect(files).toContain(`lib/providers/${name}/${name}.ts`);
      expect(globSync(`lib/providers/${name}/README.md`, { cwd: root })).toHaveLength(1);
      expect(globSync(`scripts/sandbox/${name}/*.ts`, { cwd: root }).length).toBeGreaterThan(0);
    }
  });

  it("imports zod as a namespace, which is five times smaller when bundled", () => {
    const named = files.filter((file) => /import \{[^}]*\bz\b[^}]*\} from "zod"/.test(sources.get(file)!));
    expect(named).toEqual([]);
  });

  it("has failpoints on both sides of everything that leaves the process", () => {
    const leaving = /^import (?!type)[^;]*? from "(mysql2|ioredis|node:https?|@aws-sdk\/client-[^"]+)";/m;
    const unguarded = files.filter((file) => {
      const source = sources.get(file)!;
      if (!file.startsWith("lib/") || !leaving.test(source)) return false;
      const points = [...source.matchAll(/if \(process\.env\.FAILPOINTS\) await reach\("(before|after)"/g)];
      return points.length < 2 || points.some(([, when], index) => when !== (index % 2 ? "after" : "before"));
    });
    expect(unguarded).toEqual(["lib/storage/migrate.ts"]);
  });

  it("keeps floating point away from money", () => {
    const floating = files.filter(
      (file) => /^(lib|functions)\//.test(file) && /parseFloat\(|\.toFixed\(/.test(sources.get(file)!),
    );
    expect(floating).toEqual([]);
  });

  it("reaches across merchants, or past `of-merchant.ts`, only where it is said why", () => {
    const others = files.filter(
      (file) => /^(lib|functions)\//.test(file) && file !== "lib/storage/of-merchant.ts",
    );
    const using = (what: RegExp) => others.filter((file) => what.test(sources.get(file)!));
    const uses = (file: string) => sources.get(file)!.match(/\bacrossMerchants\(/g)!.length;
    const found = using(/\bacrossMerchants\(/).map((file) => [file, uses(file)]);
    expect(found).toEqual(Object.entries(across).map(([file, whys]) => [file, whys.length]));
    expect(using(/across merchants/i)).toEqual(Object.keys(across));
    const tables = [...sources.get("lib/storage/tables.ts")!.matchAll(/^ {2}(\w+): \w+Table;/gm)];
    const names = tables.map(([, name]) => name).join("|");
    const rawTable = new RegExp(
      `sql\\.table|(sql\`|\\b(from|join|into|update|table)\\s)\\s*(${names})\\b`,
      "i",
    );
    expect(tables.length).toBeGreaterThan(10);
    expect(using(rawTable)).toEqual(Object.keys(raw));
    expect(using(/Kysely<(Tables|any)|withTables|extendTables|withoutPlugins/)).toEqual([]);
  });

  it("names its tests' files so that nothing is skipped or alone", () => {
    const skipping = /\b(it|test|describe)\.(skip|only|todo|fails)\b|\bvi\.mock\(/;
    const self = path.relative(root, import.meta.filename);
    expect(
      files.filter((file) => file !== self && file.startsWith("test/") && skipping.test(sources.get(file)!)),
    ).toEqual([]);
  });
});
