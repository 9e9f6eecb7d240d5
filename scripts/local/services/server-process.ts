import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "./docker.ts";
import { pidFile, writePid } from "./left-over.ts";

/** How to run a server in the foreground. */
export type Launch = {
  command: string;
  args: string[];
  argv0?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** See `PidRecord`. */
  marker: string;
  container?: Container;
};

/** One run of a server. */
export type ServerProcess = {
  readonly pid: number | undefined;
  /** Settles with the exit code, signal or start error once the process is gone. */
  readonly exited: Promise<string>;
  /** What `exited` settled with; undefined while it runs. */
  readonly end: string | undefined;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL when that has not helped for ten seconds. */
  stop(): Promise<void>;
  /** The last lines of its log in this run. */
  tail(): string;
};

const graceMs = 10_000;

/** Starts a server in a session of its own: a Ctrl-C in the terminal must not reach it before those who use it. */
export function spawnServer(name: string, dir: string, launch: Launch): ServerProcess {
  mkdirSync(dir, { recursive: true });
  const logFile = path.join(dir, `${name}.log`);
  const log = openSync(logFile, "a");
  const logStart = statSync(logFile).size;
  const child = spawn(launch.command, launch.args, {
    argv0: launch.argv0,
    cwd: launch.cwd,
    env: { ...process.env, ...launch.env },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);

  const record = pidFile(dir, name);
  if (child.pid) writePid(record, { pid: child.pid, marker: launch.marker, container: launch.container });
  let end: string | undefined;
  const exited = new Promise<string>((resolve) => {
    const settle = (reason: string) => {
      end ??= reason;
      rmSync(record, { force: true });
      resolve(end);
    };
    child.once("exit", (code, killedBy) => settle(killedBy ?? `exit code ${code}`));
    child.once("error", (error) => settle(error.message));
  });

  const signal = (wanted: NodeJS.Signals) => {
    // The client passes on every signal but SIGKILL, which would end the client alone.
    if (launch.container) spawnSync("docker", ["kill", "--signal", wanted, launch.container.name]);
    else child.kill(wanted);
  };
  return {
    pid: child.pid,
    exited,
    get end() {
      return end;
    },
    signal,
    async stop() {
      if (end !== undefined) return;
      signal("SIGTERM");
      await Promise.race([exited, sleep(graceMs, undefined, { ref: false })]);
      if (end === undefined) signal("SIGKILL");
      await exited;
    },
    tail: () =>
      readFileSync(logFile).subarray(logStart).toString().trimEnd().split("\n").slice(-25).join("\n"),
  };
}
