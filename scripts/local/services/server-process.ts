import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Launch } from "./launch.ts";

import { pidFile, writePid } from "./left-over.ts";

/** One run of a server. */
export type ServerProcess = {
  readonly pid: number | undefined;
  /** Settles with the exit code, signal or start error once the process is gone. */
  readonly exited: Promise<string>;
  /** What `exited` settled with; undefined while it runs. */
  readonly end: string | undefined;
  signal(name: NodeJS.Signals): void;
  /** Sends SIGTERM, and SIGKILL if it still runs after ten seconds. */
  stop(): Promise<void>;
  /** The last lines of its log in this run. */
  tail(): string;
};

const graceMs = 10_000;

/** Starts a server in its own session, so that Ctrl-C in the terminal does not stop it before its clients. */
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

  const signal = (input: NodeJS.Signals) => {
    // The Docker client forwards every signal except SIGKILL, which would end only the client.
    if (launch.container) spawnSync("docker", ["kill", "--signal", input, launch.container.name]);
    else child.kill(input);
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
