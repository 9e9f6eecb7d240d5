import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { ServerEvent } from "./keep-running.ts";
import { reapLeftOvers } from "./left-over.ts";
import type { ServerName } from "./local-server.ts";
import { runningHost } from "./running-host.ts";

/** Where the services are. `SQS_ADMIN` is empty when `SQS_ENDPOINT` was given without it. */
export type ServiceEnvironment = Record<"DATABASE_URL" | "REDIS_URL" | "SQS_ENDPOINT" | "SQS_ADMIN", string>;

export type HostOptions = {
  /** Absolute path of the folder that holds data, logs and pid files. */
  dir: string;
  /** For `npm start`: commits survive a power loss, and a server that dies is restarted on its port with its data. */
  durable?: boolean;
  /** For tests: the folder is deleted when the services stop. */
  ephemeral?: boolean;
  /** Counts as ready up to two seconds before Redis accepts commands; `untilRedisServes` waits for that. */
  redisFollows?: boolean;
  /** No progress messages on stderr; the death of a server is always reported. */
  quiet?: boolean;
};

type Started = {
  env: ServiceEnvironment;
  /** For progress messages: where each service comes from. */
  sources: Record<ServerName | "queues", string>;
  /** Pids of the service host and of the servers that it owns; a restart updates them. */
  pids: { host: number } & Partial<Record<ServerName, number>>;
};

export type HostMessage = ({ kind: "ready" } & Started) | { kind: "failed"; message: string } | ServerEvent;

export type Services = Started & {
  /** Settles with the exit code or signal when the service host, and everything with it, has ended. */
  exited: Promise<string>;
  stop(): Promise<void>;
};

/**
 * Starts database, Redis and queues, each unless the environment names one (`DATABASE_URL`, `REDIS_URL`,
 * `SQS_ENDPOINT`), in a process that stops them when this one ends, however it ends. Aborting `signal` cancels the
 * start.
 */
export async function startServices(
  options: HostOptions & { onEvent?: (event: ServerEvent) => void; signal?: AbortSignal },
): Promise<Services> {
  const { onEvent, signal, ...hostOptions } = options;
  signal?.throwIfAborted();
  const argument = JSON.stringify({ ...hostOptions, dir: path.resolve(options.dir) });
  // Detached, so that Ctrl-C in the terminal stops the services' clients first.
  const host = fork(path.join(import.meta.dirname, "service-host.ts"), [argument], {
    detached: true,
    execArgv: [],
  });
  const exited = once(host, "exit").then(([code, signal]) => String(signal ?? code));
  const closed = Promise.all([exited, once(host, "disconnect")]); // its last message may come after its exit

  const leave = () => host.connected && host.disconnect();
  signal?.addEventListener("abort", leave);

  const started = await new Promise<Started>((resolve, reject) => {
    let failure: string | undefined;
    host.on("message", (message: HostMessage) => {
      if (message.kind === "ready")
        resolve({ env: message.env, sources: message.sources, pids: message.pids });
      else if (message.kind === "failed") failure = message.message;
    });
    closed.then(([end]) => reject(new Error(failure ?? `the service host ended while starting (${end})`)));
  }).finally(() => signal?.removeEventListener("abort", leave));
  host.on("message", (event: ServerEvent) => {
    if (event.kind === "restarted") started.pids[event.server] = event.pid;
    onEvent?.(event);
  });
  return {
    ...started,
    exited,
    async stop() {
      if (host.connected) host.send("stop");
      await exited;
    },
  };
}

/** A folder younger than this may belong to a run that has not written its pid yet. */
const sweepAfterMs = 60_000;

/** Removes the folders `<root>/<prefix>…` of runs that were killed, and stops what they left running. */
export async function sweepStale(root: string, prefix: string): Promise<void> {
  const folders = readdirSync(root).filter((name) => name.startsWith(prefix));
  for (const dir of folders.map((name) => path.join(root, name))) {
    const state = statSync(dir, { throwIfNoEntry: false });
    if (!state || state.uid !== process.getuid?.() || Date.now() - state.mtimeMs < sweepAfterMs) continue;
    if (await runningHost(dir)) continue;
    await reapLeftOvers(dir);
    rmSync(dir, { recursive: true, force: true });
  }
}
