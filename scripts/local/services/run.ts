import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export type RunOptions = {
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  /** Text for the command's standard input. */
  input?: string | undefined;
  /** Aborting sends the command SIGTERM. */
  signal?: AbortSignal | undefined;
};

/** Runs a command and returns its standard output; on a failure the error contains the last lines it printed. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { cwd, env, input, signal } = options;
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, signal });
  const ended = new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, killedBy) => resolve(killedBy ?? String(code)));
  });
  child.stdin.on("error", () => {}); // it may exit before it has read everything; its exit code counts
  child.stdin.end(input ?? "");
  const [end, output, complaints] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (end === "0") return output;
  const said = (complaints || output).trim().slice(-1500);
  throw new Error(`${command} ${args.slice(0, 6).join(" ")} ended with ${end}\n${said}`);
}
