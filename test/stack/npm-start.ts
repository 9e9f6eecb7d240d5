import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { inject, onTestFinished } from "vitest";
import type { DemoMerchant } from "../../scripts/local/demo-merchants.ts";
import { until } from "../steps/until.ts";

/** `.local/stack.json`, as it is documented for tools. */
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

/** A new folder for one gateway; processes that still run from it end with the test run. */
export function newFolder(): string {
  return path.join(inject("runFolder"), `npm-start-${process.pid}-${++folders}`);
}

export type NpmStartOptions = {
  folder?: string;
  args?: string[];
  env?: Record<string, string>;
  /** Uses the test run's servers instead of starting its own. */
  onServicesOfTheRun?: boolean;
  /** Runs `npm start` itself instead of its script. */
  throughNpm?: boolean;
};

/** Runs `npm start` in a new process. Processes that a failed test leaves behind are killed. */
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
  // Not `close`: a leftover process that holds the pipes open must fail a test and not block it.
  const exited = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const stackFile = path.join(folder, "stack.json");
  onTestFinished(() => killAll([...processesOf(child, folder)]));
  return {
    folder,
    /** The exit code or the signal. */
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
    /** The process and its descendants that are running now. */
    processes: () => processesOf(child, folder),
  };
}

function processesOf({ pid }: ChildProcess, folder: string): Process[] {
  const all = everything();
  const found = new Set(all.filter((one) => one.pid === pid || one.command.includes(folder)));
  // Iterating over a Set includes the elements that are added meanwhile.
  for (const { pid: parent } of found) for (const one of all) if (one.parent === parent) found.add(one);
  return [...found];
}

/** Those of `processes`, and those whose command line names the folder, that still run. */
export function stillRunning(processes: Process[], folder: string): Process[] {
  const existing = new Map(processes.map(({ pid, command }) => [pid, command]));
  return everything().filter(({ pid, command }) => existing.get(pid) === command || command.includes(folder));
}

export function killAll(processes: Process[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has already ended.
    }
  }
}

/** Every process of this machine; a zombie has no command line any more. */
function everything(): Process[] {
  const lines = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
