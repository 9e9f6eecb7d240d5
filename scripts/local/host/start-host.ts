import { readAssembly } from "./assembly.ts";
import { createHostClock } from "./clock.ts";
import { gatewayAnswer, listen, readRoutes, type Serve, serveRoutes } from "./http-api.ts";
import { createFunctions, type Functions } from "./lambda-functions.ts";
import { answerLocalRoute } from "./local-routes.ts";
import { localValues } from "./local-values.ts";
import { startLogSubscriptions } from "./log-subscriptions.ts";
import { refuseOtherDatabase, withDefaults } from "./parameters.ts";
import { startPollers } from "./pollers.ts";
import { advanceQueues, createQueues, openSqs } from "./queues.ts";
import { createResolver } from "./resolve.ts";
import { refuseUnknownResources } from "./resource-kinds.ts";
import { startSchedules } from "./schedules.ts";
import type { DatabaseUsers } from "./secret-values.ts";
import { startStandIns } from "./stand-ins/start-stand-ins.ts";
import { runTriggers } from "./triggers.ts";
import type { FunctionProcess } from "./workers.ts";

export type HostOptions = {
  /** Folder that `cdk synth` wrote for the stage `local`. */
  assembly: string;
  /** Addresses of the servers; without `SQS_ADMIN` the queues' delays do not follow the clock. */
  services: { DATABASE_URL: string; REDIS_URL: string; SQS_ENDPOINT: string; SQS_ADMIN?: string };
  /** Values of CloudFormation parameters. `PublicUrl` defaults to the host's own address. */
  parameters: Readonly<Record<string, string>>;
  /** Absent or 0: any free port. */
  port?: number;
  /** Folder for generated keys and passwords, which must survive restarts. */
  dir: string;
  /** Absent: `created`. */
  databaseUsers?: DatabaseUsers;
  /** Put before the queues' names when several hosts share one SQS server. */
  queuePrefix?: string;
  /** Receives each line that a function writes, prefixed `[entry]`, and the host's own, prefixed `[host]`. */
  onLog?: (line: string) => void;
  /** Called with the new offset after the clock was moved, before schedules and delays follow it. */
  onClock?: (offsetMs: number) => void | Promise<void>;
};

/** The gateway, running from a synthesized assembly. */
export type Host = {
  /** Origin of the HTTP API, without a trailing slash. */
  url: string;
  notifyQueueUrl: string;
  pollQueueUrl: string;
  /** Invokes a function by entry (`webhooks/alipay`), name or logical id. Rejects with the function's error. */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** Fires a schedule by its name or its function's entry. */
  fireSchedule(name: string): Promise<unknown>;
  /** Moves time forward by milliseconds; resolves when delays, schedules and `onClock` have followed. */
  advanceClock(ms: number): Promise<void>;
  clockOffsetMs(): number;
  processes(): FunctionProcess[];
  /** Gives events in flight a short time to finish, then ends every process. */
  stop(): Promise<void>;
};

/** How long events in flight may take to finish when the host stops, in milliseconds. */
const stopGraceMs = 1000;

/** Registers a step for stopping; the steps run in reverse order. */
type Undo = (step: () => void | Promise<void>) => void;

/** Runs what `cdk synth` made on loopback: routes, queues, schedules, log subscriptions, the deployment's trigger. */
export async function startHost(options: HostOptions): Promise<Host> {
  const steps: (() => void | Promise<void>)[] = [];
  const stop = async () => {
    for (const step of steps.splice(0).toReversed()) await step();
  };
  try {
    return { ...(await start(options, (step) => steps.push(step))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: HostOptions, undo: Undo): Promise<Omit<Host, "stop">> {
  const { services, queuePrefix = "", databaseUsers = "created", onLog = () => undefined } = options;
  const { SQS_ENDPOINT: sqsUrl, SQS_ADMIN: sqsAdmin } = services;
  const log = (line: string) => onLog(`[host] ${line}`);
  const assembly = readAssembly(options.assembly);
  refuseUnknownResources(assembly);
  const database = new URL(services.DATABASE_URL);
  const databaseName = decodeURIComponent(database.pathname.slice(1));
  refuseOtherDatabase(assembly, databaseName);

  // Listens first, because its address is in the functions' environment.
  let serve: Serve = async () => gatewayAnswer(503, "Service Unavailable");
  const http = await listen(options.port ?? 0, (request, body) => serve(request, body), log);
  undo(() => http.stop(stopGraceMs));
  const resolve = createResolver(
    assembly,
    withDefaults(assembly, options.parameters, { PublicUrl: http.url, DatabaseName: databaseName }),
    localValues({ database, cache: new URL(services.REDIS_URL), queues: sqsUrl, api: http.url, queuePrefix }),
  );

  const standIns = await startStandIns(
    assembly,
    resolve,
    { url: database, users: databaseUsers },
    options.dir,
  );
  undo(standIns.stop);
  const sqs = openSqs(sqsUrl);
  undo(() => sqs.destroy());
  await createQueues(assembly, resolve, sqs, queuePrefix);

  const clock = createHostClock(async (ms) => {
    await options.onClock?.(clock.offsetMs());
    if (sqsAdmin) await advanceQueues(sqsAdmin, queuePrefix, ms);
    else log("the queues' delays do not follow the clock: set SQS_ADMIN");
    await schedules.fireDue();
  });
  const urls = { sqs: sqsUrl, ...standIns.urls };
  const functions = createFunctions(assembly, resolve, urls, clock.offsetMs, (from, line) => {
    onLog(`[${from.entry}] ${line}`);
    subscriptions.receive(from, line);
  });
  const subscriptions = startLogSubscriptions(assembly, resolve, functions, clock, log);
  undo(() => functions.stop(stopGraceMs));
  const serveGateway = serveRoutes(readRoutes(assembly, resolve, functions), functions, clock, log);
  const queueUrls = {
    notifyQueueUrl: variableOf(functions, "NOTIFY_QUEUE_URL"),
    pollQueueUrl: variableOf(functions, "POLL_QUEUE_URL"),
  };

  await runTriggers(assembly, resolve, functions);
  const schedules = startSchedules(assembly, resolve, functions, clock, log);
  undo(schedules.stop);
  const pollers = startPollers(assembly, resolve, functions, { sqs, sqsUrl, log });
  undo(async () => {
    const stopped = pollers.stop();
    await functions.stop(stopGraceMs);
    await stopped;
  });
  undo(() => subscriptions.stop(stopGraceMs));
  const invoke = async (name: string, event: unknown) => functions.invoke(functions.find(name), event);
  serve = async (request, body) =>
    (await answerLocalRoute(request, body, { clock, schedules, invoke })) ?? serveGateway(request, body);

  return {
    url: http.url,
    ...queueUrls,
    invoke,
    fireSchedule: schedules.fire,
    advanceClock: clock.advance,
    clockOffsetMs: clock.offsetMs,
    processes: functions.processes,
  };
}

/** The value that the functions have for a variable; it is the same for all. */
function variableOf(functions: Functions, name: string): string {
  const value = functions.all.find(({ environment }) => environment[name] !== undefined)?.environment[name];
  if (value === undefined) throw new Error(`No function of the template has ${name} in its environment`);
  return value;
}
