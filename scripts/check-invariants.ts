import { existsSync, readFileSync } from "node:fs";
import { commandLine, misused } from "./command-line.ts";
import { type Broken, brokenInvariants, invariants, restInvariants } from "./invariants/invariants.ts";
import { withSnapshot } from "./invariants/snapshot.ts";
import { stackFile } from "./local/stack-file.ts";
import { asTable } from "./ops/table.ts";

const usage = `npm run check-invariants -- [--database-url mysql://…] [--at-rest] [--now 2026-01-02T03:04:05Z] [--json]

Checks what must hold in the database of a gateway, whatever it is doing. Only reads.

Without --database-url it reads DATABASE_URL, else the gateway that npm start runs on this machine. An account that may
only SELECT is enough. --at-rest adds what holds when nothing is under way: every notification told to its end, no look-up
overdue. --now is the gateway's time where it is not the real one. Exits with 1 when anything is broken.
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
  const given = values["database-url"] ?? process.env.DATABASE_URL;
  const { url, now } = given ? { url: given, now: new Date() } : await localGateway();
  const at = values.now === undefined ? now : new Date(values.now);
  if (Number.isNaN(at.getTime())) misused(`--now is no time: ${values.now}`, usage);
  const list = [...invariants, ...(values["at-rest"] ? restInvariants : [])].sort(
    (a, b) => a.invariant - b.invariant,
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

/** The database that npm start has opened, and the time that its clock shows. */
async function localGateway(): Promise<{ url: string; now: Date }> {
  if (!existsSync(stackFile))
    throw new Error("no local gateway is running: npm start, or name a --database-url");
  const stack = JSON.parse(readFileSync(stackFile, "utf8")) as { database_url: string; gateway_url: string };
  const clock = await fetch(`${stack.gateway_url}/_local/clock`);
  const { now } = (await clock.json()) as { now: string };
  return { url: stack.database_url, now: new Date(now) };
}

function report({ invariant, name }: { invariant: number; name: string }, violated?: Broken): void {
  console.log(`${violated ? "BROKEN" : "ok    "}  ${String(invariant).padStart(2)}  ${name}`);
  if (!violated) return;
  console.log(asTable(violated.rows.slice(0, shown)).replace(/^/gm, "            "));
  if (violated.rows.length > shown) console.log(`            … these are the first ${shown}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  // The message alone: a connection's error carries its credentials.
  console.error(error instanceof Error ? error.message : "the database could not be read");
  process.exitCode = 2;
}
