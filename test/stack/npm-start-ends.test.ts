import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { until } from "../steps/until.ts";
import { type NpmStartOptions, npmStart, stillRunning } from "./npm-start.ts";

const patience = { timeout: 120_000 };

describe("npm start ended during its start", () => {
  it.each([
    ["SIGINT", "functions built", 130],
    ["SIGTERM", "provider simulators", 143],
    ["SIGINT", "database and queue server", 130],
    ["SIGTERM", "gateway:", 143],
  ] as const)(
    "npm start ended by %s after “%s” leaves nothing running",
    patience,
    async (signal, stage, code) => {
      const start = npmStart();
      await start.says(new RegExp(stage));
      const running = start.processes();
      start.signal(signal);
      expect(await start.exited).toBe(code);
      expect(stillRunning(running, start.folder)).toEqual([]);
      expect(start.output()).toContain(`${signal}: stopping`);
      expect(start.output()).not.toContain("Failed");
    },
  );

  it("npm start ended by SIGKILL during its start leaves nothing running", patience, async () => {
    const start = npmStart();
    await start.says(/provider simulators/);
    const running = start.processes();
    start.signal("SIGKILL");
    await until(async () => stillRunning(running, start.folder).length === 0);
  });
});

describe("npm start ended when it is up", () => {
  it.each([
    ["its main process is killed", { throughNpm: false }, "SIGKILL"],
    ["npm, which started it, gets SIGTERM", { throughNpm: true }, "SIGTERM"],
  ] as const)(
    "npm start that is up leaves nothing running when %s",
    patience,
    async (_what, options, signal) => {
      const start = npmStart(options);
      await start.says(/two demo merchants/);
      const running = start.processes();
      expect(running.length).toBeGreaterThan(5);
      start.signal(signal);
      await until(async () => stillRunning(running, start.folder).length === 0);
    },
  );
});

describe("npm start that fails", () => {
  it.each<[string, NpmStartOptions, RegExp]>([
    [
      "reach the database",
      { onServicesOfTheRun: true, env: { DATABASE_URL: "mysql://root@127.0.0.1:1/t1" } },
      /^Failed: gateway: .*\nmigrate, .*ECONNREFUSED$/m,
    ],
    [
      "read a URL",
      { onServicesOfTheRun: true, env: { DATABASE_URL: "localhost" } },
      /^Failed: database and queue server\nDATABASE_URL=localhost is not a URL$/m,
    ],
    [
      "run the database server",
      { env: { LOCAL_MYSQLD: "/nonexistent/mysqld" } },
      /^Failed: database and queue server\n.*\/nonexistent\/mysqld/m,
    ],
  ])(
    "npm start that cannot %s says so and leaves nothing running",
    patience,
    async (_what, options, message) => {
      await expectFailure(options, message);
    },
  );

  it.each([
    ["PORT", "gateway"],
    ["SANDBOX_PORT", "provider simulators"],
  ])("npm start whose %s is taken says so and leaves nothing running", patience, async (variable, stage) => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await until(async () => taken.listening);
    const { port } = taken.address() as AddressInfo;
    const message = new RegExp(
      `^Failed: ${stage}.*\n${variable}=${port}: another program has this port$`,
      "m",
    );
    await expectFailure({ onServicesOfTheRun: true, env: { [variable]: String(port) } }, message);
  });

  async function expectFailure(options: NpmStartOptions, message: RegExp) {
    const start = npmStart(options);
    expect(await start.exited).toBe(1);
    await start.says(message);
    expect(start.output()).not.toMatch(/^\s+at /m);
    expect(stillRunning([], start.folder)).toEqual([]);
    expect(start.hasStackFile()).toBe(false);
  }
});
