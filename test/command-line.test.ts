import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
const commands = Object.entries(scripts).flatMap(([name, line]) => {
  const file = /^(?:exec )?node (\S+\.ts)$/.exec(line)?.[1];
  return file === undefined || name === "build" ? [] : [{ name, file }];
});

function run(file: string, ...args: string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [file, ...args], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
    // A command that does not refuse its options would run.
    onTestFinished(() => void child.kill());
  });
}

describe.each(commands)("npm run $name", ({ name, file }) => {
  const call = name === "start" ? "npm start --" : `npm run ${name} --`;

  it(`npm run ${name} explains itself with --help`, async () => {
    const { code, stdout } = await run(file, "--help");
    expect(stdout).toContain(call);
    expect(code).toBe(0);
  });

  it(`npm run ${name} refuses an unknown option and does nothing`, async () => {
    const { code, stdout, stderr } = await run(file, "--nonsense");
    expect(stderr).toMatch(/^Unknown option '--nonsense'\n\n.*npm /);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("options that take a number", () => {
  it.each(["x", "-1", "1.5", "", "1e3", "9007199254740992", "0"])(
    "an option that takes a number refuses %o",
    async (text) => {
      const { code, stderr } = await run("scripts/prove.ts", `--seeds=${text}`);
      expect(stderr).toMatch(/^--seeds takes a whole number from 1, not "/);
      expect(code).toBe(2);
    },
  );
});
