import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { inject, onTestFinished } from "vitest";
import type { DemoMerchant } from "../../scripts/local/demo-merchants.ts";
import { until } from "../steps/simulator.ts";

/** `.local/stack.json`, as it is promised to tools. */
export type StackFile = {
  gateway_url: string;
  sandbox_url: string;
  shop_url: string;
  database_url: string;
  redis_url: string;
  sqs_endpoint: string;
  notify_queue_url: string;
  merchants: DemoMerchant[];
  simulators: Record<string, string>;
};

export type Process = { pid: number; parent: number; command: string };

const root = path.join(import.meta.dirname, "../..");
const services = ["DATABASE_URL", "REDIS_URL", "SQS_ENDPOINT", "SQS_ADMIN"];
let folders = 0;

/** A folder of its own for one gateway; what still runs below it ends with the test run. */
export function newFolder(): string {
  return path.join(inject("runFolder"), `npm-start-${process.pid}-${++folders}`);
}

export type NpmStartOptions = {
  folder?: string;
  args?: string[];
  env?: Record<string, string>;
  /** Uses the test run's servers instead of starting its own. */
  onServicesOfTheRun?: boolean;
  /** Through npm itself. */
  throughNpm?: boolean;
};

/** One run of `npm start` in a process of its own. What a failed test leaves of it is killed. */
export function npmStart(options: NpmStartOptions = {}) {
  const { folder = newFolder(), args = [], env = {}, onServicesOfTheRun, throughNpm } = options;
  const own = Object.entries(process.env).filter(([name]) => onServicesOfTheRun || !services.includes(name));
  const [command, ...first] = throughNpm ? ["npm", "start", "--"] : [process.execPath, "scripts/start.ts"];
  const child = spawn(command!, [...first, ...args], {
    cwd: root,
    env: { ...Object.fromEntries(own), PORT: "0", SANDBOX_PORT: "0", ...env, LOCAL_DIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  // Not `close`: who would still hold the pipes open must not keep a test from saying so.
  const exited = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const stackFile = path.join(folder, "stack.json");
  onTestFinished(() => killAll([...processesOf(child, folder)]));
  return {
    folder,
    /** Code or signal. */
    exited,
    output: () => output,
    /** Waits until it has printed this; throws when it ends without. */
    async says(pattern: RegExp): Promise<string> {
      const ended = exited.then(() => true);
      return until(async () => {
        const found = pattern.exec(output)?.[0];
        if (found === undefined && (await Promise.race([ended, false])))
          throw new Error(`it ended without ${pattern}:\n${output}`);
        return found;
      });
    },
    signal: (name: NodeJS.Signals) => child.kill(name),
    stack: (): StackFile => JSON.parse(readFileSync(stackFile, "utf8")),
    hasStackFile: () => existsSync(stackFile),
    /** It and everything below it that runs now. */
    processes: () => processesOf(child, folder),
  };
}

function processesOf({ pid }: ChildProcess, folder: string): Process[] {
  const all = everything();
  const found = new Set(all.filter((one) => one.pid === pid || one.command.includes(folder)));
  // A Set's iteration meets what is added to it on the way.
  for (const { pid: parent } of found) for (const one of all) if (one.parent === parent) found.add(one);
  return [...found];
}

/** Those of `processes`, and those whose command line names the folder, that still run. */
export function stillRunning(processes: Process[], folder: string): Process[] {
  const known = new Map(processes.map(({ pid, command }) => [pid, command]));
  return everything().filter(({ pid, command }) => known.get(pid) === command || command.includes(folder));
}

export function killAll(processes: Process[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // gone by itself
    }
  }
}

/** Every process of this machine; one that only waits to be collected has lost its command line. */
function everything(): Process[] {
  const lines = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
