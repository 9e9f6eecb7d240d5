import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, utimes } from "node:fs/promises";
import path from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import type { ServerEvent } from "../../scripts/local/services/keep-running.ts";
import { commandLine } from "../../scripts/local/services/left-over.ts";
import { type Services, startServices, sweepStale } from "../../scripts/local/services/start-services.ts";

let folders = 0;

function newFolder(): string {
  return path.join(inject("runFolder"), `services-${process.pid}-${++folders}`);
}

async function query(url: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: url });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

async function expectGone(pids: number[]): Promise<void> {
  expect(pids.length).toBeGreaterThan(0);
  await vi.waitFor(async () => expect((await Promise.all(pids.map(commandLine))).join("")).toBe(""), {
    timeout: 10_000,
    interval: 25,
  });
}

describe("local services", () => {
  const running: Services[] = [];

  /** By default a test starts only its own database, because a Redis cluster takes two seconds to form. */
  beforeEach(() => {
    vi.stubEnv("DATABASE_URL", undefined);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((services) => services.stop()));
    vi.unstubAllEnvs();
  });

  async function start(dir: string, onEvent?: (event: ServerEvent) => void): Promise<Services> {
    const services = await startServices({ dir, durable: true, quiet: true, ...(onEvent && { onEvent }) });
    running.push(services);
    return services;
  }

  it("local services named in the environment are used instead of started", async () => {
    vi.stubEnv("DATABASE_URL", "mysql://somebody@127.0.0.1:1/theirs");
    vi.stubEnv("REDIS_URL", "redis://127.0.0.1:2");
    vi.stubEnv("SQS_ENDPOINT", "http://127.0.0.1:3");
    vi.stubEnv("SQS_ADMIN", undefined);
    const services = await start(newFolder());
    expect(services.env).toEqual({
      DATABASE_URL: "mysql://somebody@127.0.0.1:1/theirs",
      REDIS_URL: "redis://127.0.0.1:2",
      SQS_ENDPOINT: "http://127.0.0.1:3",
      SQS_ADMIN: "",
    });
    expect(services.sources).toEqual({
      database: "DATABASE_URL",
      redis: "REDIS_URL",
      queues: "SQS_ENDPOINT",
    });
    expect(Object.keys(services.pids)).toEqual(["host"]);
  });

  it("local services end with the process that started them, even when it is killed", async () => {
    vi.stubEnv("REDIS_URL", undefined);
    const parent = fork(path.join(import.meta.dirname, "parent-process.ts"), [newFolder()]);
    const [pids] = (await once(parent, "message")) as [Services["pids"]];
    expect(Object.keys(pids).toSorted()).toEqual(["database", "host", "redis"]);
    parent.kill("SIGKILL");
    await expectGone(Object.values(pids));
  });

  it("a local server that died is restarted at the same address with the same data, and reported", async () => {
    const events: ServerEvent[] = [];
    const services = await start(newFolder(), (event) => events.push(event));
    const died = services.pids.database ?? 0;
    await query(services.env.DATABASE_URL, "create table kept (id int primary key)");
    process.kill(died, "SIGKILL");
    await vi.waitFor(() => expect(events).toHaveLength(2), { timeout: 15_000, interval: 25 });
    expect(events).toEqual([
      { kind: "died", server: "database", reason: "SIGKILL" },
      { kind: "restarted", server: "database", pid: services.pids.database },
    ]);
    expect(services.pids.database).not.toBe(died);
    expect(await query(services.env.DATABASE_URL, "select * from kept")).toEqual([]);
  });

  it("local services start with their data after their host was killed, and stop its leftover servers", async () => {
    const dir = newFolder();
    const first = await start(dir);
    await query(first.env.DATABASE_URL, "create table kept (id int primary key)");
    process.kill(first.pids.host, "SIGKILL");
    await first.exited;
    expect(await commandLine(first.pids.database ?? 0)).toContain(dir);
    const second = await start(dir);
    await expectGone([first.pids.database ?? 0]);
    expect(await query(second.env.DATABASE_URL, "select * from kept")).toEqual([]);
  });

  it("local services refuse to start twice in one folder and do not affect the first ones", async () => {
    const dir = newFolder();
    const services = await start(dir);
    await expect(start(dir)).rejects.toThrow(`already running from ${dir} (pid ${services.pids.host})`);
    expect(await query(services.env.DATABASE_URL, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("local services end with a parent that is killed while they start", async () => {
    vi.stubEnv("REDIS_URL", undefined);
    const dir = newFolder();
    const parent = fork(path.join(import.meta.dirname, "parent-process.ts"), [dir]);
    const pidFiles = ["redis.pid.json", "database.pid.json"].map((file) => path.join(dir, file));
    await vi.waitFor(() => expect(pidFiles.some(existsSync)).toBe(true), { timeout: 15_000, interval: 5 });
    parent.kill("SIGKILL");
    const left = () => [...pidFiles, path.join(dir, "host.pid")].filter(existsSync);
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 15_000, interval: 25 });
  });

  it("sweepStale removes the folder of a killed run only", async () => {
    const root = newFolder();
    const [killed, alive, young] = [`${root}/run-killed`, `${root}/run-alive`, `${root}/run-young`];
    const [left] = await Promise.all([start(killed), start(alive), mkdir(young, { recursive: true })]);
    process.kill(left.pids.host, "SIGKILL");
    await left.exited;
    for (const dir of [killed, alive]) await utimes(dir, 0, 0);
    await sweepStale(root, "run-");
    await expectGone([left.pids.database ?? 0]);
    expect((await readdir(root)).toSorted()).toEqual(["run-alive", "run-young"]);
  });
});
