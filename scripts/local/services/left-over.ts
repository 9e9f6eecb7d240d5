import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Container, removeContainer } from "./docker.ts";
import { run } from "./run.ts";

const suffix = ".pid.json";

/** Who runs, so that a later start can tell a left-over of ours from a stranger that was given the same pid. */
export type PidRecord = {
  pid: number;
  /** Part of the command line that nobody else's process has, usually its data directory. */
  marker: string;
  /** The container that the process is the Docker client of. */
  container?: Container | undefined;
};

/** Where the pid of the server `name` of `dir` is kept while it runs. */
export function pidFile(dir: string, name: string): string {
  return path.join(dir, `${name}${suffix}`);
}

export function writePid(file: string, record: PidRecord): void {
  writeFileSync(file, JSON.stringify(record));
}

/** The command line of a process; empty when it is gone or only waits to be collected. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (existsSync("/proc/self")) return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return await run("ps", ["-o", "command=", "-p", String(pid)]);
  } catch {
    return "";
  }
}

/** Stops what a run that was killed left behind under `dir`, and says which processes that were. */
export async function reapLeftOvers(dir: string): Promise<number[]> {
  const files = filesBelow(dir).filter((name) => name.endsWith(suffix));
  const reaped = await Promise.all(files.map((file) => reap(path.join(dir, file))));
  return reaped.filter((pid) => pid !== undefined);
}

function filesBelow(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: "utf8" });
  } catch {
    return []; // not made yet, or another run sweeps it away at this moment
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

/** Ten seconds to end in order, which a database wants, then by force. */
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
