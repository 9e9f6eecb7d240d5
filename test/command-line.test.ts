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
    // One that does not refuse would run everything.
    onTestFinished(() => void child.kill());
  });
}

describe.each(commands)("npm run $name", ({ name, file }) => {
  const call = name === "start" ? "npm start --" : `npm run ${name} --`;

  it("explains itself when asked", async () => {
    const { code, stdout } = await run(file, "--help");
    expect(stdout).toContain(call);
    expect(code).toBe(0);
  });

  it("does nothing with an option that it does not know, but says so", async () => {
    const { code, stdout, stderr } = await run(file, "--nonsense");
    expect(stderr).toMatch(/^Unknown option '--nonsense'\n\n.*npm /);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("a number among the options", () => {
  it.each(["x", "-1", "1.5", "", "1e3", "9007199254740992", "0"])("is not %o", async (text) => {
    const { code, stderr } = await run("scripts/prove.ts", `--seeds=${text}`);
    expect(stderr).toMatch(/^--seeds takes a whole number from 1, not "/);
    expect(code).toBe(2);
  });
});
