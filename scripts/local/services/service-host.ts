// The process that owns the local servers, forked by `startServices`. It stops them and exits on request, or when its
// parent exits for any reason, SIGKILL included.
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { startDatabase } from "./database.ts";
import { databaseOnPath } from "./database-program.ts";
import { keepRunning, type ServerEvent } from "./keep-running.ts";
import { reapLeftOvers } from "./left-over.ts";
import type { LocalServer, ServerName } from "./local-server.ts";
import { startQueueServer } from "./queue-server.ts";
import { redisOnPath, startRedis } from "./redis.ts";
import { hostFile, runningHost } from "./running-host.ts";
import type { HostMessage, HostOptions, ServiceEnvironment } from "./start-services.ts";
import { canUnpack, unpackPackages } from "./unpack-packages.ts";

const options: HostOptions = JSON.parse(process.argv[2] ?? "{}");
const { dir } = options;
const started = performance.now();
const stopping = new AbortController();
const servers: LocalServer[] = [];
const cleanUps: (() => unknown)[] = [];
const underWay: Promise<unknown>[] = [];
let ending: Promise<never> | undefined;

function note(line: string): void {
  if (!options.quiet) print(line);
}

function print(line: string): void {
  console.error(`[services +${((performance.now() - started) / 1000).toFixed(2)} s] ${line}`);
}

function send(message: HostMessage): void {
  // Ignores the error of a parent that disconnects at this moment.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** A hard link is atomic: one of several concurrent starts wins, and a half-written file is never read. */
function claimed(pidFile: string): boolean {
  try {
    linkSync(pidFile, hostFile(dir));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** One host per folder: a second one would stop the first one's servers as leftovers. */
async function claimFolder(): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const mine = `${hostFile(dir)}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  while (!claimed(mine)) {
    const other = await runningHost(dir);
    if (other) {
      rmSync(mine);
      throw new Error(`already running from ${dir} (pid ${other}); stop that one first`);
    }
    rmSync(hostFile(dir), { force: true });
  }
  rmSync(mine);
  cleanUps.push(async () => {
    await reapLeftOvers(dir); // servers that tests started in folders below
    rmSync(options.ephemeral ? dir : hostFile(dir), { recursive: true, force: true });
  });
  const reaped = await reapLeftOvers(dir);
  if (reaped.length > 0) note(`stopped processes that a killed run had left: ${reaped.join(", ")}`);
}

/** Fetches both servers' packages at once. A failure is ignored here, because each server's start reports it. */
async function fetchWhatIsMissing(): Promise<void> {
  const missing: ServerName[] = [];
  if (!process.env.DATABASE_URL && !process.env.LOCAL_MYSQLD && !databaseOnPath()) missing.push("database");
  if (!process.env.REDIS_URL && !redisOnPath()) missing.push("redis");
  if (missing.length < 2 || !canUnpack()) return;
  await unpackPackages(missing, { note, signal: stopping.signal }).catch(() => {});
}

type Service = { url: string; source: string };

async function own(name: ServerName, variable: string, start: typeof startDatabase): Promise<Service> {
  const provided = process.env[variable];
  if (provided) return { url: provided, source: variable };
  const server = await start({ dir, durable: options.durable, signal: stopping.signal, note });
  servers.push(server);
  note(`${name}: ready, ${server.source}`);
  return server;
}

async function ownQueues(): Promise<Service & { admin: string }> {
  const provided = process.env.SQS_ENDPOINT;
  if (provided) return { url: provided, admin: process.env.SQS_ADMIN ?? "", source: "SQS_ENDPOINT" };
  const queues = await startQueueServer();
  cleanUps.push(() => queues.stop());
  note("queues: ready, fauxqs in memory");
  return { url: queues.endpoint, admin: queues.admin, source: "fauxqs in memory" };
}

function report(event: ServerEvent): void {
  const detail = event.kind === "restarted" ? `pid ${event.pid}` : event.reason;
  print(`${event.server}: ${event.kind} (${detail})`);
  send(event);
}

async function watch(server: LocalServer): Promise<void> {
  if (options.durable) return keepRunning(server, report, stopping.signal);
  const reason = await server.exited();
  if (!stopping.signal.aborted) report({ kind: "died", server: server.name, reason });
}

async function startAll(): Promise<void> {
  stopping.signal.throwIfAborted();
  await claimFolder();
  await fetchWhatIsMissing();
  const starts = [
    own("database", "DATABASE_URL", startDatabase),
    own("redis", "REDIS_URL", (common) => startRedis({ ...common, follows: options.redisFollows })),
    ownQueues(),
  ] as const;
  const failures = (await Promise.allSettled(starts)).filter((start) => start.status === "rejected");
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason.message).join("\n"));
  const [database, redis, queues] = await Promise.all(starts);
  const env: ServiceEnvironment = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    SQS_ENDPOINT: queues.url,
    SQS_ADMIN: queues.admin,
  };
  const pids = Object.fromEntries(servers.map((server) => [server.name, server.pid]));
  underWay.push(...servers.map(watch));
  send({
    kind: "ready",
    env,
    sources: { database: database.source, redis: redis.source, queues: queues.source },
    pids: { host: process.pid, ...pids },
  });
}

function end(why: string, code = 0): Promise<never> {
  ending ??= (async () => {
    note(`stopping (${why})`);
    stopping.abort(new Error(`stopping (${why})`));
    await Promise.allSettled([...servers.map((server) => server.stop()), ...underWay]);
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
    process.exit(code);
  })();
  return ending;
}

for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // the terminal may be gone
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => end(signal));
process.on("disconnect", () => end("the parent is gone"));
process.on("message", (message) => message === "stop" && end("requested"));
process.on("uncaughtException", (error) => {
  print(`failed: ${error.stack}`);
  void end("internal error", 1);
});

if (!process.connected) void end("the parent is gone");
const start = startAll();
underWay.push(start);
start.catch((error) => {
  if (ending) return;
  send({ kind: "failed", message: error.message });
  void end("the start failed", 1);
});
