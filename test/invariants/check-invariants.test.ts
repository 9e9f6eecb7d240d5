import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { invariantNames } from "../../scripts/invariants/invariant.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { localServer } from "../unit/outbound/local-server.ts";

const reader = { name: "reader", password: "may-only-read" };
let rows: Rows;
let readerUrl: string;

beforeAll(async () => {
  rows = await openRows();
  const url = new URL(process.env.DATABASE_URL!);
  await rows.query(`CREATE USER IF NOT EXISTS '${reader.name}'@'%' IDENTIFIED BY '${reader.password}'`);
  await rows.query(`GRANT SELECT ON ${url.pathname.slice(1)}.* TO '${reader.name}'@'%'`);
  readerUrl = Object.assign(url, { username: reader.name, password: reader.password }).href;
});
afterAll(() => rows.close());

type Ended = { code: number; stdout: string; stderr: string };

/** Runs `npm run check-invariants -- …` with only this environment. */
function command(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const script = path.join(import.meta.dirname, "../../scripts/check-invariants.ts");
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const child = execFile(process.execPath, [script, ...args], { env: environment }, (_, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

describe("check-invariants", () => {
  it("lib/README.md explains every invariant by its name, in the order in which check-invariants reports them", () => {
    const page = readFileSync(path.join(import.meta.dirname, "../../lib/README.md"), "utf8");
    const [, table = ""] = /## What always holds\n(.*?)\n## /s.exec(page) ?? [];
    const explained = [...table.matchAll(/^\| ([a-z0-9-]+) \| \S/gm)].map(([, name]) => name);
    expect(explained.filter((name) => name !== "invariant")).toEqual([...invariantNames]);
  });

  it("check-invariants reports every invariant as ok, with a database account that may only SELECT", async () => {
    const { code, stdout } = await command([], { DATABASE_URL: readerUrl });
    expect(stdout).toContain(
      "ok      notified-once               Every final status of a payment is notified",
    );
    expect(stdout).toMatch(/^\d+ checked, 0 broken$/m);
    expect(code).toBe(0);
    expect((await command(["--at-rest"], { DATABASE_URL: readerUrl })).stdout).toContain(
      "ok      found-without-webhooks      No poll of a payment or a refund is overdue.",
    );
  });

  it("check-invariants prints at most twenty violating rows of a broken invariant and exits with 1", async () => {
    const configs = Array.from({ length: 25 }, (_, at) => [424242, "stripe", `config-${at}`, "{}"]);
    await rows.query("INSERT INTO payment_configs (user_id, provider, config_name, config_data) VALUES ?", [
      configs,
    ]);
    const { code, stdout } = await command(["--database-url", readerUrl]);
    expect(code).toBe(1);
    expect(stdout).toContain("BROKEN  tenants-apart               Every config belongs to a merchant.");
    expect(stdout.match(/424242/g)).toHaveLength(20);
    expect(stdout).toContain("these are the first 20");
    const json = await command(["--database-url", readerUrl, "--json", "--now", "2026-01-02T03:04:05Z"]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      now: "2026-01-02T03:04:05.000Z",
      broken: [
        { invariant: "tenants-apart", name: "Every config belongs to a merchant.", rows: { length: 25 } },
      ],
    });
  });

  it("check-invariants uses the database and the clock of the gateway that npm start runs", async () => {
    const now = "2031-02-03T04:05:06.000Z";
    const host = await localServer(() => ({ body: JSON.stringify({ now }) }));
    const folder = mkdtempSync(path.join(inject("runFolder"), "stack-"));
    const stack = { database_url: readerUrl, gateway_url: host.url };
    writeFileSync(path.join(folder, "stack.json"), JSON.stringify(stack));
    const { stdout } = await command(["--json"], { LOCAL_DIR: folder });
    expect(JSON.parse(stdout)).toMatchObject({ now });
    expect(host.calls).toMatchObject([{ method: "GET", path: "/_local/clock" }]);
  });

  it("check-invariants exits with 2 and shows no credentials when it cannot read the database", async () => {
    const wrong = readerUrl.replace(reader.password, "not-this-one");
    const outcomes = [
      await command(["--database-url", wrong]),
      await command(["--database-url", `${reader.name}:${reader.password}`]),
      await command(["--database-url", readerUrl, "--now", "tomorrow"]),
      await command([], { LOCAL_DIR: "/nonexistent" }),
    ];
    expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    const said = outcomes.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    expect(said).not.toMatch(/not-this-one|may-only-read/);
    expect(said).toContain("npm start");
  });

  it("check-invariants --help explains its options", async () => {
    expect((await command(["--help"])).stdout).toContain("--database-url");
  });
});
