import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { containerLaunch, dockerAnswers, prepareContainer } from "./docker.ts";
import { findExecutable } from "./find-executable.ts";
import type { Launch, StartOptions } from "./launch.ts";
import { type LocalServer, startServer } from "./local-server.ts";

import { canUnpack, libraryPath, unpackPackages } from "./unpack-packages.ts";

const waysOut = `No Redis was found. One of these is enough:
  - REDIS_URL=redis://host:port            a server you run already, in cluster mode
  - macOS:          brew install redis
  - Debian, Ubuntu: sudo apt-get install redis-server
  - Fedora, RHEL:   sudo dnf install valkey
  - a running Docker engine`;

type Program = Pick<Launch, "command" | "argv0" | "env">;

export function redisOnPath(): string | undefined {
  return findExecutable(["redis-server", "valkey-server"], ["/usr/local/bin", "/opt/homebrew/bin"]);
}

export type RedisOptions = StartOptions & {
  /** Counts as ready once it listens and owns its slots; `untilRedisServes` waits until it accepts commands. */
  follows?: boolean | undefined;
};

/** Starts Redis 7+ or Valkey as a one-node cluster that owns every slot, because production uses a cluster client. */
export async function startRedis(options: RedisOptions): Promise<LocalServer> {
  const found = await findProgram(options);
  const launch = "command" in found ? ownLaunch(found, options) : await dockerLaunch(found.lacks, options);
  return startServer(
    {
      name: "redis",
      source: "command" in found ? `${found.argv0 ?? "Redis"} at ${found.command}` : "docker",
      url: (port) => `redis://127.0.0.1:${port}`,
      launch,
      probe: options.follows ? async (port) => void (await joinCluster(port)) : serves,
      isFinal: (error) => error instanceof Error && error.message.startsWith("ERR "), // the server is too old for a command
    },
    options,
  );
}

async function findProgram(options: StartOptions): Promise<Program | { lacks: string }> {
  const command = redisOnPath();
  if (command) return { command };
  if (!canUnpack()) return { lacks: "" };
  try {
    const root = await unpackPackages(["redis"], options);
    // One binary under several names: argv[0] selects the program.
    const program = path.join(root, "usr/bin/redis-check-rdb");
    return { command: program, argv0: "redis-server", env: { LD_LIBRARY_PATH: libraryPath(root) } };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { lacks: `\nUnpacking it from this system's packages failed: ${error}` };
  }
}

function ownLaunch(program: Program, { dir, durable }: StartOptions): (port: number) => Launch {
  const data = path.join(dir, "redis-data");
  mkdirSync(data, { recursive: true });
  const args = ["--bind", "127.0.0.1", "--dir", data, "--daemonize", "no"];
  return (port) => ({
    ...program,
    args: [...args, ...settings(port, durable)],
    cwd: data,
    marker: data,
  });
}

async function dockerLaunch(lacks: string, options: StartOptions): Promise<(port: number) => Launch> {
  if (!dockerAnswers()) throw new Error(`${waysOut}${lacks}`);
  const image = { name: "redis:7-alpine", dataFolder: "/data" };
  const container = await prepareContainer("redis", image, options);
  const args = ["redis-server", "--protected-mode", "no"];
  return (port) => containerLaunch(container, port, image, [...args, ...settings(port, options.durable)]);
}

function settings(port: number, durable = false): string[] {
  const values = {
    port: String(port),
    "cluster-enabled": "yes",
    "cluster-announce-ip": "127.0.0.1",
    // Keeps the command line, by which a leftover process is recognised.
    "set-proc-title": "no",
    save: "",
    appendonly: "yes",
    appendfsync: durable ? "everysec" : "no",
    maxmemory: "256mb",
    "maxmemory-policy": "noeviction",
  };
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Waits until the cluster at this URL accepts commands. */
export async function untilRedisServes(url: string, signal?: AbortSignal): Promise<void> {
  const port = Number(new URL(url).port);
  const deadline = performance.now() + servesWithinMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await serves(port);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(25);
  }
}

const servesWithinMs = 10_000;

/** After every start, Redis waits two seconds before a node that owns slots accepts commands. */
async function serves(port: number): Promise<void> {
  const state = await joinCluster(port);
  if (!state.includes("cluster_state:ok")) throw new Error("the Redis cluster does not accept commands yet");
}

/** Gives a new node every slot, without which the cluster does not serve. Returns the cluster's state before that. */
async function joinCluster(port: number): Promise<string> {
  const redis = new Redis({
    host: "127.0.0.1",
    port,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: null,
    connectTimeout: 1000,
    commandTimeout: 1000,
  });
  redis.on("error", () => {}); // the calls below reject too
  try {
    await redis.connect();
    const state = String(await redis.cluster("INFO"));
    if (/cluster_slots_assigned:0\b/.test(state)) await redis.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383);
    return state;
  } finally {
    redis.disconnect();
  }
}
