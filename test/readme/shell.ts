import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import type { Readable } from "node:stream";

export type Shell = {
  /** Runs a block as if pasted; variables stay set for the next one. Returns everything that it printed. */
  run(block: string): Promise<string>;
  stop(): void;
};

/** One shell for a whole README; `cwd` stands for the root of the repository. */
export function openShell(cwd: string): Shell {
  const PATH = `${path.dirname(process.execPath)}:${process.env.PATH}`;
  const shell = spawn("sh", { cwd, env: { ...process.env, PATH }, stdio: ["pipe", "pipe", "inherit"] });
  shell.stdout.setEncoding("utf8");
  const over = once(shell, "exit");

  return {
    async run(block) {
      const mark = randomUUID();
      shell.stdin.write(`{\n${block}\n} </dev/null 2>&1\nprintf '\\n%s %s\\n' ${mark} $?\n`);
      const printed = await Promise.race([printedUntil(shell.stdout, mark), over.then(() => "")]);
      const [, output = printed, status = "none"] = /^(.*)\n\S+ (\d+)\n$/s.exec(printed) ?? [];
      if (status !== "0") throw new Error(`status ${status} of:\n${block}\n${output}`);
      return output;
    },
    stop() {
      shell.stdin.end();
    },
  };
}

function printedUntil(stdout: Readable, mark: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let printed = "";
  const read = (text: string) => {
    printed += text;
    if (!new RegExp(`${mark} \\d+\n$`).test(printed)) return;
    stdout.off("data", read);
    resolve(printed);
  };
  stdout.on("data", read);
  return promise;
}
