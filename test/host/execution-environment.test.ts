import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { FunctionProcess } from "../../scripts/local/host/workers.ts";
import { isAlive } from "./process-alive.ts";
import { api, lambda, type SynthesizedHost, startSynthesized } from "./synthesized.ts";

/** Answers once the file `until` exists, so that a test decides how long an event takes. */
const held = `
  const { existsSync } = require("node:fs");
  exports.handler = async (event) => {
    console.log("holding " + event.until);
    while (!existsSync(event.until)) await new Promise((done) => setTimeout(done, 5));
    return process.pid;
  };`;

const bundles = {
  environment: "exports.handler = async () => process.env;",
  context: `exports.handler = async (event, context) =>
    ({ ...context, remainingMs: context.getRemainingTimeInMillis() });`,
  held,
  slow: "exports.handler = () => new Promise(() => setInterval(() => {}, 1000));",
  exits: "exports.handler = async () => process.exit(3);",
  leaning: 'require("above"); exports.handler = async () => "found";',
  pid: 'console.log("one\\ntwo"); exports.handler = async () => process.pid;',
};

let host: SynthesizedHost;

beforeAll(async () => {
  host = await startSynthesized({
    bundles,
    parameters: { Colour: { Type: "String", Default: "red" } },
    resources: {
      ...lambda("environment", {}, { COLOUR: { Ref: "Colour" } }),
      ...lambda("context"),
      ...lambda("held", { ReservedConcurrentExecutions: 2 }),
      ...lambda("slow", { Timeout: 1 }),
      ...lambda("exits"),
      ...lambda("leaning"),
      ...lambda("pid"),
      ...api({ "GET /slow": "slow", "GET /exits": "exits", "GET /held": "held", "GET /pid": "pid" }),
    },
  });
});
afterAll(() => host.stop());

const file = (name: string) => path.join(host.folder, name);
const write = (name: string) => writeFileSync(file(name), "");
const of = (entry: string) => host.processes().filter((process) => process.entry === entry);

describe("local host: execution environments", () => {
  it("an execution environment has only the template's and the runtime's variables", async () => {
    const taskRoot = path.join(host.folder, "cdk.out", "asset.environment");
    expect(await host.invoke("environment", {})).toEqual({
      COLOUR: "red",
      NOTIFY_QUEUE_URL: "",
      POLL_QUEUE_URL: "",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_REGION: "ap-southeast-1",
      AWS_LAMBDA_FUNCTION_NAME: "Gateway-environment",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_ENDPOINT_URL_SQS: host.queues.endpoint,
      AWS_ENDPOINT_URL_KMS: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      LAMBDA_TASK_ROOT: taskRoot,
      _HANDLER: "index.handler",
      TZ: ":UTC",
      CLOCK_OFFSET_MS: "0",
    });
  });

  it("an execution environment passes Lambda's context to the handler", async () => {
    const context = (await host.invoke("context", {})) as { remainingMs: number };
    expect(context).toMatchObject({
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionName: "Gateway-context",
      memoryLimitInMB: "128",
      invokedFunctionArn: "arn:aws:lambda:ap-southeast-1:000000000000:function:Gateway-context",
    });
    expect(context.remainingMs).toBeGreaterThan(0);
    expect(context.remainingMs).toBeLessThanOrEqual(10_000);
  });

  it("an execution environment resolves no module outside of its bundle", async () => {
    await expect(host.invoke("leaning", {})).rejects.toThrow("Runtime exited");
    expect(host.log.join("\n")).toContain("Cannot find 'above': it is not in the bundle");
  });

  it("the local host prefixes a function's log lines with its entry", async () => {
    await host.invoke("pid", {});
    await vi.waitFor(() => expect(host.log).toEqual(expect.arrayContaining(["[pid] one", "[pid] two"])));
  });
});

describe("local host: pool of a function", () => {
  it("a function's pool queues events above its limit and refuses none", async () => {
    const until = file("release");
    const calls = [1, 2, 3, 4, 5].map(() => host.invoke("held", { until }));
    await vi.waitFor(() => expect(of("held")).toHaveLength(2));
    write("release");
    const pids = await Promise.all(calls);
    expect(new Set(pids).size).toBe(2);
    expect(of("held")).toHaveLength(2);
  });

  it("a function's pool kills an event at its timeout, answers 500 and serves the next one", async () => {
    const response = await fetch(`${host.url}/slow`);
    expect(response.status).toBe(500);
    expect(host.log.join("\n")).toContain("[slow] Sandbox.Timedout: Task timed out after 1.00 seconds");
    await expect(host.invoke("slow", {})).rejects.toThrow("Task timed out");
  });

  it("a killed process fails its event in flight, and the next event gets a new process", async () => {
    const call = host.invoke("held", { until: file("never") });
    const refused = expect(call).rejects.toThrow("SIGKILL");
    await vi.waitFor(() => expect(host.log).toContain(`[held] holding ${file("never")}`));
    const [busy] = of("held").filter((process) => process.busy);
    process.kill(Number(busy?.pid), "SIGKILL");
    await refused;
    expect(host.log.join("\n")).toContain(`execution environment ${busy?.pid}`);
    write("at-once");
    expect(await host.invoke("held", { until: file("at-once") })).not.toBe(busy?.pid);
  });

  it("a function's pool replaces a process that ended by itself", async () => {
    expect((await fetch(`${host.url}/exits`)).status).toBe(500);
    expect((await fetch(`${host.url}/exits`)).status).toBe(500);
    expect(host.log.join("\n")).toContain("exit status 3");
  });
});

it("the local host leaves no process behind when it stops", async () => {
  const other = await startSynthesized({
    bundles: { pid: bundles.pid, slow: bundles.slow },
    resources: { ...lambda("pid"), ...lambda("slow", { Timeout: 60 }) },
  });
  await other.invoke("pid", {});
  const unfinished = expect(other.invoke("slow", {})).rejects.toThrow();
  await vi.waitFor(() => expect(other.processes()).toHaveLength(2));
  const pids = other.processes().map(({ pid }) => pid);
  await other.stop();
  await unfinished;
  for (const pid of pids) expect(isAlive(pid)).toBe(false);
});

it("the function processes end even when the local host is killed", async () => {
  const synthesized = { bundles: { pid: bundles.pid }, resources: lambda("pid") };
  const script = path.join(import.meta.dirname, "run-host.ts");
  const child = spawn(process.execPath, [script, JSON.stringify(synthesized), "pid"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  const { folder, processes } = JSON.parse(line) as { folder: string; processes: FunctionProcess[] };
  expect(processes.map(({ pid }) => isAlive(pid))).toEqual([true]);
  child.kill("SIGKILL");
  await vi.waitFor(() => expect(processes.map(({ pid }) => isAlive(pid))).toEqual([false]));
  rmSync(folder, { recursive: true });
});
