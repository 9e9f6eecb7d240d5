import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { removeContainer } from "./docker.ts";
import { freePort } from "./free-port.ts";
import type { Launch, StartOptions } from "./launch.ts";
import { type ServerProcess, spawnServer } from "./server-process.ts";

export type ServerName = "database" | "redis";

/** A server started here on a loopback port. Its data stay in its folder even if the process is killed. */
export type LocalServer = {
  readonly name: ServerName;
  readonly url: string;
  readonly port: number;
  /** For progress messages: which program runs and where it was found. */
  readonly source: string;
  /** Pid of the current run; `restart` changes it. */
  readonly pid: number;
  /** Settles with the reason when the current run ends. */
  exited(): Promise<string>;
  /** Sends a signal, SIGKILL by default, and waits for the exit if the signal ends the process. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it if it still runs, and starts it on the same port with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** How to start and probe one kind of server. */
export type ServerPlan = {
  name: ServerName;
  source: string;
  url(port: number): string;
  launch(port: number): Launch;
  /** Rejects until the server can be used. */
  probe(port: number): Promise<void>;
  /** Whether a probe's error is permanent; other errors mean that the server is not up yet. */
  isFinal?(error: unknown): boolean;
};

const readyWithinMs = 120_000;
const probeEveryMs = 25;
const portAttempts = 3;

/** Starts a server on a free port and waits until it can be used. */
export async function startServer(plan: ServerPlan, options: StartOptions): Promise<LocalServer> {
  mkdirSync(options.dir, { recursive: true });
  const { port, first } = await startOnFreePort(plan, options);
  let current = first;
  return {
    name: plan.name,
    url: plan.url(port),
    port,
    source: plan.source,
    get pid() {
      return current.pid ?? 0;
    },
    exited: () => current.exited,
    async kill(signal = "SIGKILL") {
      current.signal(signal);
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await current.exited;
    },
    async restart() {
      await current.stop();
      current = await startOnce(plan, port, options);
    },
    async stop() {
      await current.stop();
      const { container } = plan.launch(port);
      if (container) await removeContainer(container);
    },
  };
}

/** Retries, because another process may bind the port between finding it and starting the server. */
async function startOnFreePort(plan: ServerPlan, options: StartOptions) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { port, first: await startOnce(plan, port, options) };
    } catch (error) {
      if (attempt === portAttempts || !/in use|bind/i.test(String(error))) throw error;
    }
  }
}

async function startOnce(plan: ServerPlan, port: number, options: StartOptions): Promise<ServerProcess> {
  options.signal?.throwIfAborted();
  const server = spawnServer(plan.name, options.dir, plan.launch(port));
  try {
    await untilReady(plan, port, server, options.signal);
    options.signal?.throwIfAborted();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function untilReady(plan: ServerPlan, port: number, server: ServerProcess, signal?: AbortSignal) {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    signal?.throwIfAborted();
    if (server.end !== undefined) {
      throw new Error(`${plan.name} ended while starting (${server.end}):\n${server.tail()}`);
    }
    try {
      return await plan.probe(port);
    } catch (error) {
      if (plan.isFinal?.(error)) throw error;
      if (performance.now() > deadline) {
        throw new Error(`${plan.name} is not ready after ${readyWithinMs} ms: ${error}\n${server.tail()}`);
      }
    }
    await sleep(probeEveryMs);
  }
}
