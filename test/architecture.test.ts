import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { functions } from "../lib/functions.ts";
import { providers } from "../lib/providers/registry.ts";
import { childrenOf, type Node, parse } from "../scripts/mutants/syntax.ts";

const root = path.join(import.meta.dirname, "..");

/**
 * Who may import whom, by the longest prefix of the importing file. Everything unlisted is refused. A file may always
 * import from its own folder.
 */
const everyone = [
  "lib/clock.ts",
  "lib/log.ts",
  "lib/errors.ts",
  "lib/failpoint.ts",
  "lib/invocation.ts",
  "lib/money",
  "lib/transient.ts",
  "lib/bounded-map.ts",
  "lib/semaphore.ts",
];
const useCases = ["lib/payments", "lib/deliveries", "lib/merchants", "lib/limits"];
/** What a use case stands on: what things are, the storage functions, and the gateway with the rest. */
const below = ["lib/domain", "lib/storage", "lib/gateway.ts", ...everyone];
const rules: Record<string, string[]> = {
  functions: [
    "lib/open-gateway.ts",
    "lib/http",
    "lib/maintenance",
    "lib/ops",
    "lib/queue",
    "lib/environment.ts",
    "lib/providers/registry.ts",
    ...useCases,
    ...below,
  ],
  "lib/open-gateway.ts": ["lib"],
  "lib/gateway.ts": ["lib"],
  "lib/functions.ts": ["lib/http", "lib/providers/registry.ts"],
  "lib/environment.ts": ["lib/loopback.ts"],
  "lib/loopback.ts": [],
  "lib/health.ts": ["lib/redis", "lib/storage/database.ts", "lib/clock.ts"],
  "lib/errors.ts": [],
  "lib/clock.ts": [],
  "lib/failpoint.ts": [],
  "lib/invocation.ts": [],
  "lib/log.ts": ["lib/invocation.ts"],
  "lib/json-text.ts": [],
  "lib/transient.ts": ["lib/errors.ts", "lib/log.ts"],
  "lib/field-errors.ts": ["lib/errors.ts"],
  "lib/memoize.ts": ["lib/bounded-map.ts"],
  "lib/bounded-map.ts": [],
  "lib/semaphore.ts": [],
  "lib/money": ["lib/errors.ts"],
  "lib/domain": [...everyone],
  "lib/payments": ["lib/vault/vault.ts", ...below],
  "lib/deliveries": [
    "lib/loopback.ts",
    "lib/payments",
    "lib/merchants/notify-secrets.ts",
    "lib/outbound",
    ...below,
  ],
  "lib/merchants": ["lib/limits", "lib/providers", "lib/memoize.ts", "lib/vault/vault.ts", ...below],
  "lib/maintenance": [...useCases, "lib/providers/credentials.ts", ...below],
  "lib/limits": [...everyone],
  "lib/outbound": ["lib/failpoint.ts", "lib/invocation.ts"],
  "lib/providers": [
    "lib/domain",
    "lib/field-errors.ts",
    "lib/memoize.ts",
    "lib/outbound",
    "lib/vault/vault.ts",
    ...everyone,
  ],
  "lib/storage": ["lib/domain", "lib/environment.ts", ...everyone],
  "lib/redis": ["lib/domain", "lib/limits", ...everyone],
  "lib/queue": ["lib/domain", ...everyone],
  "lib/vault": [...everyone],
  "lib/http": [
    "lib/domain",
    "lib/payments",
    "lib/merchants",
    "lib/limits",
    "lib/gateway.ts",
    "lib/open-gateway.ts",
    "lib/providers/registry.ts",
    "lib/field-errors.ts",
    "lib/json-text.ts",
    ...everyone,
  ],
  "lib/http/openapi": [
    "lib/domain",
    "lib/functions.ts",
    "lib/http",
    "lib/providers/registry.ts",
    ...everyone,
  ],
  "lib/ops": [
    "lib/field-errors.ts",
    "lib/http/envelope.ts",
    "lib/http/fields.ts",
    "lib/http/list-contracts.ts",
    "lib/http/payment-mapping.ts",
    "lib/json-text.ts",
    "lib/providers/credentials.ts",
    "lib/providers/provider-module.ts",
    "lib/providers/registry.ts",
    ...useCases,
    ...below,
  ],
  infra: ["lib/functions.ts", "lib/environment.ts", "lib/http/routes.ts", "lib/transient.ts"],
  scripts: ["lib", "infra/stages.ts"],
  "scripts/sandbox": ["lib/clock.ts"],
  test: ["functions", "lib", "infra", "scripts"],
};

/** Every use of `acrossMerchants` with its reason, by file. */
const across: Record<string, string[]> = {
  "lib/storage/anomalies.ts": [
    "an unlisted provider code belongs to no merchant",
    "operators' list",
    "an operator's anomaly by its id",
  ],
  "lib/storage/calls.ts": ["a batch holds call records of many merchants"],
  "lib/storage/deliveries/claim-delivery.ts": ["an endpoint is the URL of one merchant"],
  "lib/storage/deliveries/due-deliveries.ts": [
    "an endpoint is the URL of one merchant",
    "sweep",
    "the sweep unmarks the deliveries whose wake-ups were not sent",
  ],
  "lib/storage/deliveries/list-deliveries.ts": ["operators' list"],
  "lib/storage/list-calls.ts": ["operators' list"],
  "lib/storage/merchants.ts": [
    "a merchant that does not exist yet",
    "operators' list",
    "an operator names the merchant",
    "re-encryption of all rows",
  ],
  "lib/storage/payment-configs.ts": ["a webhook URL names a config", "sweep", "re-encryption of all rows"],
  "lib/storage/payments/find-order.ts": ["the buyer's return page knows only the order number"],
  "lib/storage/payments/list-payments.ts": ["operators' list"],
  "lib/storage/payments/order-record.ts": ["an operator's order by its number"],
  "lib/storage/payments/polls.ts": ["sweep"],
  "lib/storage/payments/unmatched-facts.ts": ["sweep"],
  "lib/storage/refunds/list-refunds.ts": ["operators' list", "an operator's refund by its id"],
  "lib/storage/refunds/refund-polls.ts": ["sweep"],
  "lib/storage/statistics.ts": ["payments", "deliveries", "oldest delivery", "polls", "anomalies"],
  "lib/storage/triage.ts": [
    "stuck refunds",
    "stuck orders",
    "open anomalies",
    "notifications never received",
  ],
  "lib/storage/webhook-events.ts": [
    "operators' list",
    "an operator's event by its id",
    "re-encryption of all rows",
  ],
};
/** Raw SQL that names tables, which nothing restricts to one merchant. */
const raw: Record<string, string> = {
  "lib/storage/delete-oldest.ts": "retention, of every merchant",
  "lib/storage/deliveries/claim-delivery.ts": "an endpoint is the URL of one merchant",
  "lib/storage/migrations/0001-schema.ts": "the schema",
};

/** Words that identifiers do not use, each with the field's term. */
const insteadOf: Record<string, string> = {
  hear: "parse (a webhook)",
  heard: "parsed",
  observe: "apply (events)",
  observation: "event",
  observations: "events",
  told: "source, or notified",
  look: "fetch (one call), or poll (scheduled)",
  looks: "polls",
  lookup: "fetch, or poll",
  recheck: "poll",
  hint: "wakeUp (a message), or refetch (an event)",
  hints: "wakeUps",
  hinted: "woken",
  wanted: "input, or request",
  asked: "requested",
  given: "input",
  kept: "cached, or stored",
  known: "cached, or existing",
  remembering: "memoize",
  remembered: "cached",
  turnstile: "mutex",
  books: "ledger",
  foreign: "external",
  forget: "purge",
  forgotten: "deleted",
  seal: "encrypt",
  sealed: "encrypted",
  unseal: "decrypt",
  rewrap: "reencrypt",
  bookmark: "cursor",
  verb: "command",
  verbs: "commands",
  conclude: "closeOrFail",
  pend: "markPending",
  plant: "violation",
  plants: "violations",
  befall: "inject",
  garbled: "corrupted",
  strange: "malformed",
  dice: "rng",
  crossing: "boundary",
  crossings: "boundaries",
  ground: "setup",
  hands: "signers",
  untold: "not notified",
};
/** Fields of answers to merchants and operators, which keep their names, and terms of Node's own API. */
const publicNames = new Set([
  "looked_up_at",
  "look_up_failed",
  "look_ups",
  "due_look_ups",
  "kept",
  "verbs",
  "given_name",
  "lookup",
  "LookupFunction",
  "dnsLookup",
]);
const wordsOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split("_");

const files = globSync("{functions,lib,infra,scripts,test}/**/*.ts", { cwd: root }).sort();
const sources = new Map(files.map((file) => [file, readFileSync(path.join(root, file), "utf8")]));

/** Relative imports of a file, static and dynamic, as paths from the root. */
function importsOf(file: string, withoutTypes = false): string[] {
  const source = sources.get(file)!;
  const read = withoutTypes ? source.replace(/^import type [^;]*;/gm, "") : source;
  const found = read.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g);
  return [...found].map(([, target]) => path.join(path.dirname(file), target!));
}

const within = (file: string, place: string) => file === place || file.startsWith(`${place}/`);
const ruleOf = (file: string) =>
  Object.keys(rules)
    .filter((place) => within(file, place))
    .sort((a, b) => b.length - a.length)[0];

describe("the architecture", () => {
  it("every file has an import rule", () => {
    expect(files.filter((file) => ruleOf(file) === undefined)).toEqual([]);
  });

  it("each folder imports only what its rule lists", () => {
    const refused = files.flatMap((file) => {
      const place = ruleOf(file)!;
      const allowed = [...(place.endsWith(".ts") ? [] : [place]), ...rules[place]!];
      return importsOf(file)
        .filter((target) => !allowed.some((one) => within(target, one)))
        .map((target) => `${file} -> ${target}`);
    });
    expect(refused).toEqual([]);
  });

  it("no files of lib, functions, infra and scripts import each other in a circle", () => {
    const left = new Map(
      files
        .filter((file) => !file.startsWith("test/"))
        .map((file) => [file, new Set(importsOf(file).filter((target) => sources.has(target)))]),
    );
    // Files that import nothing of what is left, and files that nothing of what is left imports, are in no circle.
    for (let before = -1; before !== left.size; ) {
      before = left.size;
      const imported = new Set([...left.values()].flatMap((targets) => [...targets]));
      for (const [file, targets] of left)
        if (!imported.has(file) || ![...targets].some((target) => left.has(target))) left.delete(file);
    }
    expect([...left.keys()]).toEqual([]);
  });

  it("no identifier uses a word for which payment systems have another term", () => {
    const self = path.relative(root, import.meta.filename);
    const found = files.flatMap((file) => {
      if (file === self) return [];
      const names = new Set<string>();
      const visit = (node: Node) => {
        if (node.type === "Identifier") names.add(String(node.name));
        for (const [, child] of childrenOf(node)) visit(child);
      };
      visit(parse(file, sources.get(file)!).program);
      return [...names].flatMap((name) => {
        const word = wordsOf(name).find((part) => Object.hasOwn(insteadOf, part));
        return word === undefined || publicNames.has(name)
          ? []
          : [`${file}: ${name}, use ${insteadOf[word]}`];
      });
    });
    expect(found).toEqual([]);
  });

  it("providers do not import each other", () => {
    const apart = files.flatMap((file) => {
      const own = /^lib\/providers\/([^/]+)\//.exec(file)?.[1];
      if (own === undefined) return [];
      return importsOf(file).filter(
        (target) => /^lib\/providers\/[^/]+\//.test(target) && !within(target, `lib/providers/${own}`),
      );
    });
    expect(apart).toEqual([]);
  });

  it("every function has an entry file of at most 25 lines, and there are no other entry files", () => {
    const entries = globSync("**/*.ts", { cwd: path.join(root, "functions") }).map((file) =>
      file.replace(/\.ts$/, ""),
    );
    expect(entries.sort()).toEqual(functions.map(({ entry }) => entry).sort());
    const long = entries.filter(
      (entry) => sources.get(`functions/${entry}.ts`)!.trimEnd().split("\n").length > 25,
    );
    expect(long).toEqual([]);
  });

  it("a function that may touch nothing does not load the gateway, which is most of a bundle", () => {
    const loadedBy = (file: string, found = new Set<string>()): Set<string> => {
      if (found.has(file)) return found;
      found.add(file);
      for (const target of importsOf(file, true)) loadedBy(target, found);
      return found;
    };
    const entries = functions.filter(({ grants }) => grants.length === 0).map(({ entry }) => entry);
    expect(entries).toEqual(["openapi"]);
    for (const entry of entries)
      expect([...loadedBy(`functions/${entry}.ts`)]).not.toContain("lib/open-gateway.ts");
  });

  it("every provider has a folder, a README and a simulator", () => {
    for (const name of Object.keys(providers)) {
      expect(files).toContain(`lib/providers/${name}/${name}.ts`);
      expect(globSync(`lib/providers/${name}/README.md`, { cwd: root })).toHaveLength(1);
      expect(globSync(`scripts/sandbox/${name}/*.ts`, { cwd: root }).length).toBeGreaterThan(0);
    }
  });

  it("zod is imported as a namespace, which is five times smaller when bundled", () => {
    const named = files.filter((file) => /import \{[^}]*\bz\b[^}]*\} from "zod"/.test(sources.get(file)!));
    expect(named).toEqual([]);
  });

  it("every call that leaves the process has a failpoint before and after it", () => {
    const leaving = /^import (?!type)[^;]*? from "(mysql2|ioredis|node:https?|@aws-sdk\/client-[^"]+)";/m;
    const unguarded = files.filter((file) => {
      const source = sources.get(file)!;
      if (!file.startsWith("lib/") || !leaving.test(source)) return false;
      const points = [...source.matchAll(/if \(process\.env\.FAILPOINTS\) await reach\("(before|after)"/g)];
      return points.length < 2 || points.some(([, when], index) => when !== (index % 2 ? "after" : "before"));
    });
    expect(unguarded).toEqual(["lib/storage/migrate.ts"]);
  });

  it("no code that may handle money formats or parses floating point", () => {
    const floating = files.filter(
      (file) => /^(lib|functions)\//.test(file) && /parseFloat\(|\.toFixed\(/.test(sources.get(file)!),
    );
    expect(floating).toEqual([]);
  });

  it("code reaches across merchants, or past `of-merchant.ts`, only where a reason is listed", () => {
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

  it("no test is skipped, exclusive or expected to fail, and none mocks a module", () => {
    const skipping = /\b(it|test|describe)\.(skip|only|todo|fails)\b|\bvi\.mock\(/;
    const self = path.relative(root, import.meta.filename);
    expect(
      files.filter((file) => file !== self && file.startsWith("test/") && skipping.test(sources.get(file)!)),
    ).toEqual([]);
  });
});
