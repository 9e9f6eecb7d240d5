import { createWriteStream, existsSync, rmSync, type WriteStream } from "node:fs";
import path from "node:path";
import { commandLine, misused } from "./command-line.ts";
import { payDemoOrder } from "./local/pay-demo-order.ts";
import { preferredPort } from "./local/preferred-port.ts";
import { recreateDatabase, renewChangedSchema } from "./local/renew-changed-schema.ts";
import { cacheFolder, localFolder } from "./local/services/local-folder.ts";
import { untilRedisServes } from "./local/services/redis.ts";
import { type ServiceEnvironment, type Services, startServices } from "./local/services/start-services.ts";
import { removeStackFile, writeStackFile } from "./local/stack-file.ts";
import { type Stack, startStack } from "./local/start-stack.ts";
import { whatToTryNext } from "./local/what-to-try-next.ts";

const usage = `npm start -- [--once] [--fresh]

Runs everything on this machine, pays one order with each provider and stays up until it is interrupted.

  --once    exits after the orders, with 1 when one did not end with a delivered notification
  --fresh   clears the database and the simulators' state first; otherwise both are kept

PORT and SANDBOX_PORT set the gateway's and the simulators' ports; NOTIFY_SERVER=127.0.0.1:9000 names a server of yours
that may be notified. DATABASE_URL, REDIS_URL and SQS_ENDPOINT name servers to use instead of starting own ones.
`;
const { values } = commandLine(usage, {
  options: { once: { type: "boolean" }, fresh: { type: "boolean" } },
});
const once = values.once === true;
const fresh = values.fresh === true;
if (fresh && process.env.DATABASE_URL)
  misused(
    "--fresh clears the gateway's own database only, and DATABASE_URL names another: empty that one yourself",
    usage,
  );
const begun = performance.now();
const runFolder = path.join(localFolder, "run");
const simulatorFolder = path.join(runFolder, "simulators");
/** Resolves once no other process uses the folder. */
const simulatorState = Promise.withResolvers<string>();
simulatorState.promise.catch(() => {}); // `startStack` awaits it and reports the error
const logFile = path.join(localFolder, "gateway.log");

const interrupted = new AbortController();
let services: Services | undefined;
let logs: WriteStream | undefined;
let failedStage: string | undefined;
let ending: Promise<never> | undefined;

const firstStart = !existsSync(cacheFolder);
if (firstStart) say("the first start fetches servers and builds everything: about a minute");
const starting = startStack({
  services: (signal) =>
    ownServices(signal).catch((error): never => {
      simulatorState.reject(error);
      throw error;
    }),
  simulatorState: simulatorState.promise,
  databaseUsers: process.env.DATABASE_URL ? "given" : "created",
  dir: runFolder,
  ports: {
    gateway: () => preferredPort("PORT", 8080),
    sandbox: () => preferredPort("SANDBOX_PORT", 8090),
  },
  notifyServer: notifyServer(),
  onLog: (line) => logs?.write(`${line}\n`),
  stage: timed,
  signal: interrupted.signal,
});

async function ownServices(signal: AbortSignal): Promise<ServiceEnvironment> {
  for (const name of ["DATABASE_URL", "REDIS_URL", "SQS_ENDPOINT"]) {
    const provided = process.env[name];
    if (provided && !URL.canParse(provided)) throw new Error(`${name}=${provided} is not a URL`);
  }
  const quiet = !firstStart;
  services = await startServices({ dir: runFolder, durable: true, redisFollows: true, quiet, signal });
  // From here on no other process uses the folder; a killed start may have left its stack file.
  removeStackFile();
  logs = createWriteStream(logFile);
  const ours = !process.env.DATABASE_URL;
  const changed = ours && (await renewChangedSchema(services.env.DATABASE_URL, runFolder));
  if (changed) say("the schema has changed since the last start: the local database starts empty");
  if (fresh && !changed) await recreateDatabase(services.env.DATABASE_URL);
  // The database's orders and the simulators' payments belong together.
  if (fresh || changed) rmSync(simulatorFolder, { recursive: true, force: true });
  if (fresh) say("database and simulators start empty");
  simulatorState.resolve(simulatorFolder);
  return services.env;
}

/** The address of a merchant's own server on this machine, which is notified as in production. */
function notifyServer(): string | undefined {
  const { NOTIFY_SERVER: server } = process.env;
  if (!server || /^(127\.0\.0\.1|localhost):\d+$/.test(server)) return server;
  console.error(`NOTIFY_SERVER=${server} is not a host and port on this machine such as 127.0.0.1:9000`);
  process.exit(1);
}

async function timed<T>(stage: string, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    say(stage);
    return result;
  } catch (error) {
    failedStage ??= stage;
    throw error;
  }
}

/** A line with the seconds since the start; nothing more once everything is being stopped. */
function say(line: string): void {
  const seconds = `${((performance.now() - begun) / 1000).toFixed(1)} s`.padStart(7);
  if (!ending) console.log(`${seconds}  ${line}`);
}

/** Stops what runs, the last first, exactly once; also while things are still starting. */
function end(code: number): Promise<never> {
  ending ??= (async () => {
    interrupted.abort(new Error("interrupted"));
    const stack = await starting.catch(() => undefined);
    if (services) removeStackFile();
    await stack?.stop();
    await services?.stop();
    process.exit(code);
  })();
  return ending;
}

/** Pays one order with each provider; false when one did not end with a delivered notification. */
async function payEach({ host, sandbox, merchants }: Stack): Promise<boolean> {
  let allPaid = true;
  for (const [provider, simulator] of Object.entries(sandbox.simulators)) {
    try {
      const { orderNo, timeline } = await payDemoOrder(host.url, simulator, merchants[0]!, provider);
      say(`${provider}: ${orderNo} is paid, refunded in part, and its merchant notified`);
      if (!ending) for (const { at, title } of timeline) console.log(`           ${at}  ${title}`);
    } catch (error) {
      allPaid = false;
      say(`${provider}: NOT paid: ${messageOf(error)}`);
    }
  }
  if (!allPaid) say(`the functions' log: ${path.relative("", logFile)}`);
  return allPaid;
}

/** Resolves with the reason when a part that cannot be restarted has ended. */
function broken({ sandbox }: Stack): Promise<string> {
  return Promise.race([
    sandbox.exited.then((reason) => `the provider simulators ended (${reason})`),
    services!.exited.then((reason) => `the local servers' process ended (${reason})`),
  ]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A second signal after this time exits at once. An earlier one may be npm's, which repeats the terminal's signal. */
const impatientAfterMs = 1000;
let signalledAt: number | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    const code = signal === "SIGINT" ? 130 : 143;
    if (signalledAt && performance.now() - signalledAt > impatientAfterMs) process.exit(code);
    signalledAt ??= performance.now();
    if (!ending) console.log(`\n${signal}: stopping`);
    void end(code);
  });
}
// There is no signal when npm itself is killed.
const npm = process.env.npm_lifecycle_event && process.ppid;
if (npm) setInterval(() => process.ppid !== npm && end(1), 500).unref();
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // the terminal may be gone

try {
  const stack = await starting;
  const { redis } = services!.pids;
  if (redis) await timed("Redis", () => untilRedisServes(stack.services.REDIS_URL, interrupted.signal));
  writeStackFile(stack);
  const allPaid = await payEach(stack);
  if (once) await end(allPaid ? 0 : 1);
  if (!ending) console.log(whatToTryNext(stack, logFile));
  const reason = await broken(stack);
  if (!ending) console.error(`${reason}; stopping everything: start again`);
  await end(1);
} catch (error) {
  if (!ending) console.error(`\nFailed: ${failedStage ?? "start"}\n${messageOf(error)}`);
  await end(1);
}
