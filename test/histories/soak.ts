import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { createConnection } from "mysql2/promise";
import { migrate } from "../../lib/storage/migrate.ts";
import { commandLine, misused, wholeNumber } from "../../scripts/command-line.ts";
import { startServices } from "../../scripts/local/services/start-services.ts";
import { type Failed, inWords } from "./play-seed.ts";
import type { SoakMessage, SoakOrder } from "./soak-worker.ts";

const usage = `npm run soak -- [--seeds N] [--from SEED | --resume] [--workers N] [--replay FILE]

Plays random histories of payments in several processes and checks the invariants after each. Exits with 1 if any
history fails; prints the seed and the shortest failing steps.

  --seeds N      number of histories (1000)
  --from SEED    seed of the first history (1)
  --resume       continues where the last run ended or was stopped
  --workers N    number of histories played at the same time
  --replay FILE  plays the steps in a file instead
`;
const { values } = commandLine(usage, {
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string" },
    resume: { type: "boolean", default: false },
    workers: { type: "string", default: String(Math.min(availableParallelism(), 8)) },
    replay: { type: "string" },
  },
});

const stateFile = path.join(import.meta.dirname, "../../.local/soak.json");
const begunAt = performance.now();
const from = values.from ?? String(values.resume ? nextSeed() : 1);
const first = wholeNumber("from", from, { least: 0, usage });
const seeds = wholeNumber("seeds", values.seeds, { least: 1, usage });
const workerCount = wholeNumber("workers", values.workers, { least: 1, usage });
if (values.replay !== undefined && !existsSync(values.replay))
  misused(`--replay: the file ${values.replay} does not exist`, usage);
const count = values.replay ? 1 : seeds;

const services = await startServices({
  dir: mkdtempSync(path.join(tmpdir(), "uni-pay-soak-")),
  ephemeral: true,
  quiet: true,
});
const failures: Failed[] = [];
const underWay = new Set<number>();
let next = first;
let done = 0;
const workers = await Promise.all(
  Array.from({ length: Math.min(workerCount, count) }, (_, index) => startWorker(`soak${index}`)),
);
const progress = setInterval(report, 10_000);
await Promise.all(workers.map(work));
clearInterval(progress);
report();
for (const worker of workers) worker.disconnect();
await services.stop();
process.exitCode = failures.length > 0 ? 1 : 0;

async function startWorker(name: string): Promise<ChildProcess> {
  const connection = await createConnection({ uri: services.env.DATABASE_URL });
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`);
  await connection.end();
  const DATABASE_URL = Object.assign(new URL(services.env.DATABASE_URL), { pathname: `/${name}` }).href;
  await migrate(DATABASE_URL);
  // The gateway's log lines are dropped, because they would bury the progress.
  return fork(path.join(import.meta.dirname, "soak-worker.ts"), {
    env: { ...process.env, ...services.env, DATABASE_URL },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

/** Sends one seed after the other to a worker until none is left. */
async function work(worker: ChildProcess): Promise<void> {
  for (let order = nextOrder(); order; order = nextOrder()) {
    const { failed } = await ask(worker, order);
    done += 1;
    if ("seed" in order) underWay.delete(order.seed);
    if (!failed) continue;
    failures.push(failed);
    console.error(inWords(failed));
  }
}

function nextOrder(): SoakOrder | null {
  if (next >= first + count) return null;
  const seed = next++;
  if (values.replay) return { steps: JSON.parse(readFileSync(values.replay, "utf8")) };
  underWay.add(seed);
  return { seed };
}

function ask(worker: ChildProcess, order: SoakOrder): Promise<SoakMessage> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`a worker ended with exit code ${code}`));
    worker.once("exit", died);
    worker.once("message", (message: SoakMessage) => {
      worker.off("exit", died);
      resolve(message);
    });
    worker.send(order);
  });
}

function report(): void {
  const seconds = (performance.now() - begunAt) / 1000;
  const left = Math.round(((seconds / Math.max(done, 1)) * (count - done)) / 60);
  const rate = (done / seconds).toFixed(1);
  console.log(
    `${done} of ${count} histories from seed ${first}, ${failures.length} failed, ${rate}/s, ${left} min left`,
  );
  if (!values.replay) remember(Math.min(next, ...underWay));
}

function nextSeed(): number {
  try {
    return (JSON.parse(readFileSync(stateFile, "utf8")) as { next: number }).next;
  } catch {
    return 1;
  }
}

function remember(seed: number): void {
  mkdirSync(path.dirname(stateFile), { recursive: true });
  writeFileSync(stateFile, JSON.stringify({ next: seed }));
}
