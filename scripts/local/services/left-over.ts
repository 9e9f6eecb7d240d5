import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { removeContainer } from "./docker.ts";
import type { Container } from "./launch.ts";
import { run } from "./run.ts";

const suffix = ".pid.json";

/** Identifies a running server, so that a later start does not mistake another process with the same pid for it. */
export type PidRecord = {
  pid: number;
  /** Part of the command line that no other process has, usually its data directory. */
  marker: string;
  /** The container that the process is the Docker client of. */
  container?: Container | undefined;
};

/** The pid file of the server `name` in `dir`; it exists while the server runs. */
export function pidFile(dir: string, name: string): string {
  return path.join(dir, `${name}${suffix}`);
}

export function writePid(file: string, record: PidRecord): void {
  writeFileSync(file, JSON.stringify(record));
}

/** The command line of a process; empty when it has ended or is a zombie. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (existsSync("/proc/self")) return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return await run("ps", ["-o", "command=", "-p", String(pid)]);
  } catch {
    return "";
  }
}

/** Stops the servers that a killed run left behind under `dir`, and returns their pids. */
export async function reapLeftOvers(dir: string): Promise<number[]> {
  const files = filesBelow(dir).filter((name) => name.endsWith(suffix));
  const reaped = await Promise.all(files.map((file) => reap(path.join(dir, file))));
  return reaped.filter((pid) => pid !== undefined);
}

function filesBelow(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: "utf8" });
  } catch {
    return []; // not created yet, or being removed by another run
  }
}

async function reap(file: string): Promise<number | undefined> {
  const record = readPid(file);
  const found = record !== undefined && (await commandLine(record.pid)).includes(record.marker);
  if (found) await end(record);
  if (record?.container) await removeContainer(record.container);
  rmSync(file, { force: true });
  return found ? record.pid : undefined;
}

function readPid(file: string): PidRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // killed while writing it
  }
}

/** SIGTERM, then SIGKILL after ten seconds: a database needs time to shut down cleanly. */
async function end({ pid, marker }: PidRecord): Promise<void> {
  for (const [signal, seconds] of [
    ["SIGTERM", 10],
    ["SIGKILL", 2],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = performance.now() + seconds * 1000;
    while (performance.now() < deadline) {
      if (!(await commandLine(pid)).includes(marker)) return;
      await sleep(25);
    }
  }
}
