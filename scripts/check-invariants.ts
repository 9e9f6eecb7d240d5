import { existsSync, readFileSync } from "node:fs";
import { commandLine, misused } from "./command-line.ts";
import { invariantNames } from "./invariants/invariant.ts";
import { type Broken, brokenInvariants, invariants, restInvariants } from "./invariants/invariants.ts";
import { withSnapshot } from "./invariants/snapshot.ts";
import { stackFile } from "./local/stack-file.ts";
import { asTable } from "./ops/table.ts";

const usage = `npm run check-invariants -- [--database-url mysql://…] [--at-rest] [--now 2026-01-02T03:04:05Z] [--json]

Checks the invariants of a gateway's database, also while the gateway is at work. Only reads.

Without --database-url it uses DATABASE_URL, else the database of the gateway that npm start runs on this machine. An
account that may only SELECT is enough. --at-rest adds the invariants of a gateway without work: every delivery has
ended, no poll is overdue. --now is the gateway's time where it is not the real one. Exits with 1 if an invariant is
broken.
`;

const shown = 20;

async function main(): Promise<number> {
  const { values } = commandLine(usage, {
    options: {
      "database-url": { type: "string" },
      "at-rest": { type: "boolean" },
      now: { type: "string" },
      json: { type: "boolean" },
    },
  });
  const provided = values["database-url"] ?? process.env.DATABASE_URL;
  const { url, now } = provided ? { url: provided, now: new Date() } : await localGateway();
  const at = values.now === undefined ? now : new Date(values.now);
  if (Number.isNaN(at.getTime()))
    misused(`--now takes a time like 2026-01-02T03:04:05Z, not ${values.now}`, usage);
  const list = [...invariants, ...(values["at-rest"] ? restInvariants : [])].sort(
    (a, b) => invariantNames.indexOf(a.invariant) - invariantNames.indexOf(b.invariant),
  );
  const broken = await withSnapshot(url, async (query) => {
    const found: Broken[] = [];
    for (const one of list) {
      const [violated] = await brokenInvariants(query, at, [one]);
      if (violated) found.push(violated);
      if (!values.json) report(one, violated);
    }
    return found;
  });
  if (values.json) console.log(JSON.stringify({ now: at, checked: list.length, broken }, null, 2));
  else console.log(`\n${list.length} checked, ${broken.length} broken`);
  return broken.length > 0 ? 1 : 0;
}

/** The database of the gateway that npm start runs, and that gateway's time. */
async function localGateway(): Promise<{ url: string; now: Date }> {
  if (!existsSync(stackFile))
    throw new Error("no local gateway is running: run npm start, or pass --database-url");
  const stack = JSON.parse(readFileSync(stackFile, "utf8")) as { database_url: string; gateway_url: string };
  const clock = await fetch(`${stack.gateway_url}/_local/clock`);
  const { now } = (await clock.json()) as { now: string };
  return { url: stack.database_url, now: new Date(now) };
}

function report({ invariant, name }: { invariant: string; name: string }, violated?: Broken): void {
  console.log(`${violated ? "BROKEN" : "ok    "}  ${invariant.padEnd(26)}  ${name}`);
  if (!violated) return;
  console.log(asTable(violated.rows.slice(0, shown)).replace(/^/gm, "            "));
  if (violated.rows.length > shown) console.log(`            … these are the first ${shown}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  // Only the message: the error object of a connection holds its credentials.
  console.error(
    error instanceof Error ? error.message : "the database could not be read: check --database-url",
  );
  process.exitCode = 2;
}
