import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { migrate } from "../../lib/storage/migrate.ts";
import { commandLine, misused, wholeNumber } from "../../scripts/command-line.ts";
import { startServices } from "../../scripts/local/services/start-services.ts";
import { logOf } from "../steps/captured-log.ts";
import { takeFaults } from "../steps/faults.ts";
import { checksums } from "./checksums.ts";
import { openSetup, type Setup } from "./open-setup.ts";
import { attacked } from "./requests.ts";
import { emptyTally, runAttack } from "./run-attack.ts";

const usage = `npm run attack -- [--requests N] [--seed N] [--only ENTRY] [--from N | --resume]

Sends requests as an outsider without any secret. Exits with 1 if a request was accepted, revealed data or caused an
error, or if the database has changed.

  --requests N  number of requests (100000)
  --seed N      seed of the requests (1)
  --only ENTRY  attacks one function: ${attacked.join(", ")}
  --from N      number of the first request (0)
  --resume      continues where the last run of this seed ended or was stopped
`;
const { values } = commandLine(usage, {
  options: {
    requests: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    from: { type: "string" },
    resume: { type: "boolean", default: false },
  },
});

/** Requests between two checks of the database. */
const perRound = 5_000;
const mostShown = 20;

const stateFile = path.join(import.meta.dirname, "../../.local/attack.json");
const seed = wholeNumber("seed", values.seed, { least: 0, usage });
const from = values.from ?? String(values.resume ? nextRequest() : 0);
const first = wholeNumber("from", from, { least: 0, usage });
const count = wholeNumber("requests", values.requests, { least: 1, usage });
if (values.only !== undefined && !attacked.includes(values.only))
  misused(`--only: no target is named "${values.only}"`, usage);

const services = await startServices({
  dir: mkdtempSync(path.join(tmpdir(), "uni-pay-attack-")),
  ephemeral: true,
  quiet: true,
});
await migrate(services.env.DATABASE_URL);
Object.assign(process.env, services.env, {
  QUEUE_PREFIX: "attack-",
  AWS_REGION: "ap-southeast-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
});

let setup: Setup | undefined;
await logOf(async () => {
  setup = await openSetup();
});
const tally = emptyTally();
const begunAt = performance.now();
await attackInRounds(setup!);
await setup!.stop();
await services.stop();
print(tally.byKind, "by kind");
print(tally.byReason, "webhooks");
print(tally.byStatus, "by status of the answer (0: the connection was closed)");
console.log(
  `${tally.requests} requests of seed ${seed} from ${first}, ${tally.wrong.length} violations, ${minutes()} min`,
);
for (const wrong of tally.wrong.slice(0, mostShown)) console.error(wrong);
process.exitCode = tally.wrong.length > 0 ? 1 : 0;

async function attackInRounds(attacked: Setup): Promise<void> {
  const before = await checksums(attacked.rows);
  const only = values.only === undefined ? {} : { only: [values.only] };
  for (let from = first; from < first + count; from += perRound) {
    const requests = Math.min(perRound, first + count - from);
    await runAttack(attacked, { seed, from, requests, ...only }, tally);
    const now = await checksums(attacked.rows);
    const changed = Object.keys(before).filter((table) => before[table] !== now[table]);
    if (changed.length > 0)
      tally.wrong.push(`requests ${from} to ${from + requests} changed ${changed.join(", ")}`);
    tally.wrong.push(...takeFaults());
    remember(from + requests);
    if (tally.requests % (10 * perRound) === 0)
      console.log(`${tally.requests} of ${count}, ${tally.wrong.length} violations, ${minutes()} min`);
    // A change would be reported again after every round.
    if (changed.length > 0) return;
  }
}

function minutes(): string {
  return ((performance.now() - begunAt) / 60_000).toFixed(1);
}

function print(counts: Map<string | number, number>, title: string): void {
  console.log(`\n${title}`);
  const lines = [...counts].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  for (const [name, times] of lines) console.log(`${String(times).padStart(9)}  ${name}`);
}

function nextRequest(): number {
  try {
    const last = JSON.parse(readFileSync(stateFile, "utf8")) as { seed: number; next: number };
    return last.seed === seed ? last.next : 0;
  } catch {
    return 0;
  }
}

function remember(next: number): void {
  mkdirSync(path.dirname(stateFile), { recursive: true });
  writeFileSync(stateFile, JSON.stringify({ seed, next }));
}
