import { randomUUID } from "node:crypto";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { type Api, type ApiAnswer, anOrder, apiOf } from "../steps/api.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { operator } from "../steps/operator.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { redisCommands } from "../steps/redis-monitor.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type World } from "../steps/world.ts";

let redis: LocalServer;
let watcher: Redis;
let proxy: DatabaseProxy;
let world: World;
let rows: Rows;

beforeAll(async () => {
  redis = await startRedis({ dir: path.join(inject("runFolder"), `limit-redis-${process.pid}`) });
  watcher = new Redis(redis.port);
  process.env.REDIS_URL = redis.url;
  world = await openWorld();
  const { hostname, port } = new URL(process.env.DATABASE_URL!);
  proxy = await startDatabaseProxy({ host: hostname, port: Number(port) });
  process.env.DB_PORT = String(proxy.port);
  rows = await openRows();
});
afterAll(async () => {
  watcher.disconnect();
  await rows.close();
  proxy.stop();
  await world.stop();
  await redis.stop();
});

type Merchant = { userId: string; username: string; apiKey: string; api: Api };

/** A merchant without configs, limited to `rate_limit` calls a minute, and a key with these scopes. */
async function merchantWith(rate_limit: number | "none", scopes = "query,create"): Promise<Merchant> {
  const username = `limited-${randomUUID().slice(0, 8)}`;
  const { user_id: userId } = await operator<{ user_id: string }>("merchant create", {
    username,
    rate_limit,
  });
  const { api_key: apiKey } = await operator<{ api_key: string }>("key create", {
    merchant: username,
    scopes,
  });
  return { userId, username, apiKey, api: apiOf(world, { apiKey, inboxUrl: "" }) };
}

const ask = ({ api }: Pick<Merchant, "api">) => api.call("GET", "/api/v1/payment/list");

/** Moves the time that Redis stores for a bucket back, because the clock of Redis cannot be advanced. */
async function secondsPass(userId: string, seconds: number, kind = "calls"): Promise<void> {
  const key = `{m${userId}}:${kind}`;
  await watcher.set(key, String(Number(await watcher.get(key)) - seconds * 1_000_000));
}

const notified = ({ headers }: ApiAnswer) => ({
  limit: headers.get("x-ratelimit-limit"),
  remaining: headers.get("x-ratelimit-remaining"),
  reset: headers.get("x-ratelimit-reset"),
  retryAfter: headers.get("retry-after"),
});
const nothingNotified = { limit: null, remaining: null, reset: null, retryAfter: null };
const refused = { status: 429, code: 1006 };

describe("a limit of 3 calls a minute", () => {
  it("a merchant limited to 3 calls a minute makes three, each stating what remains; a fourth is refused", async () => {
    const merchant = await merchantWith(3);
    const answers = [await ask(merchant), await ask(merchant), await ask(merchant)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map((answer) => notified(answer).remaining)).toEqual(["2", "1", "0"]);
    expect(notified(answers[0]!)).toEqual({ limit: "3", remaining: "2", reset: "20", retryAfter: null });
    const fourth = await ask(merchant);
    expect(fourth).toMatchObject({ ...refused, request_id: expect.any(String) });
    expect(fourth.data).toBeUndefined();
    expect(fourth.message).toMatch(/the limit is 3 a minute/);
    expect(notified(fourth)).toMatchObject({ limit: "3", remaining: "0" });
  });

  it("a rate-limited merchant may call after Retry-After, not before, and all is free at the reset", async () => {
    const merchant = await merchantWith(3);
    for (let calls = 0; calls < 3; calls++) await ask(merchant);
    const { retryAfter } = notified(await ask(merchant));
    await secondsPass(merchant.userId, Number(retryAfter) - 10);
    const early = await ask(merchant);
    expect(early).toMatchObject(refused);
    expect(Number(notified(early).retryAfter)).toBeLessThanOrEqual(10);
    await secondsPass(merchant.userId, Number(notified(early).retryAfter));
    const answer = await ask(merchant);
    expect(answer.status).toBe(200);
    await secondsPass(merchant.userId, Number(notified(answer).reset));
    expect(notified(await ask(merchant))).toMatchObject({ remaining: "2", reset: "20" });
  });

  it("a rate-limited call is refused before any SQL statement and before its parameters are validated", async () => {
    const merchant = await merchantWith(3);
    for (let calls = 0; calls < 3; calls++) await ask(merchant);
    const requested = proxy.statements.length;
    expect(await ask(merchant)).toMatchObject(refused);
    expect(await merchant.api.create({ provider: "no such" })).toMatchObject(refused);
    expect(await merchant.api.query("UNI1")).toMatchObject(refused);
    expect(proxy.statements.slice(requested)).toEqual([]);
  });

  it("a failed call counts against the rate limit and states what remains", async () => {
    const merchant = await merchantWith(3);
    const answers = [
      await merchant.api.create({ provider: "no such" }),
      await merchant.api.query("UNI20260101000000AAAAAAAAAAAAAAA"),
      await merchant.api.call("GET", "/api/v1/payment/query?what=ever"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 400]);
    expect(answers.map((answer) => notified(answer).remaining)).toEqual(["2", "1", "0"]);
    expect(await ask(merchant)).toMatchObject(refused);
  });

  it("a call outside the key's scopes or of another merchant does not count against the rate limit", async () => {
    const [merchant, other] = [await merchantWith(3), await merchantWith(3)];
    for (let calls = 0; calls < 5; calls++) {
      const answer = await refundsOf(merchant.api).ask({ order_no: "UNI1", refund_no: "1" });
      expect(answer).toMatchObject({ status: 403, code: 1003 });
      expect(notified(answer)).toEqual(nothingNotified);
    }
    for (let calls = 0; calls < 4; calls++) await ask(other);
    expect(notified(await ask(merchant))).toMatchObject({ remaining: "2" });
  });

  it("all processes share the rate limit of a merchant", async () => {
    const merchant = await merchantWith(3);
    const gateways = [anotherGateway(), anotherGateway()];
    const caller = { userId: merchant.userId, rateLimit: 3 };
    await ask(merchant);
    for (const { rateLimit } of gateways) await rateLimit(caller, "calls");
    expect(await ask(merchant)).toMatchObject(refused);
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });
});

describe("the rate limit of refunds", () => {
  const aRefund = (merchant: Merchant) =>
    refundsOf(merchant.api).ask({ order_no: "UNI20260101000000AAAAAAAAAAAAAAA", refund_no: aRefundNo() });

  it("refunds have a rate limit of their own, a fifth of the merchant's calls a minute", async () => {
    const merchant = await merchantWith(10, "refund,query");
    const first = await aRefund(merchant);
    expect(first).toMatchObject({ status: 404, code: 2007 });
    expect(notified(first)).toMatchObject({ limit: "2", remaining: "1", reset: "30" });
    expect(await aRefund(merchant)).toMatchObject({ status: 404 });
    const third = await aRefund(merchant);
    expect(third).toMatchObject(refused);
    expect(Number(notified(third).retryAfter)).toBeGreaterThan(25);
    expect(notified(await ask(merchant))).toMatchObject({ limit: "10", remaining: "9" });
    const seen = await merchant.api.call("GET", "/api/v1/payment/refund/none");
    expect(notified(seen)).toMatchObject({ limit: "10", remaining: "8" });
    await secondsPass(merchant.userId, Number(notified(third).retryAfter), "refunds");
    expect(await aRefund(merchant)).toMatchObject({ status: 404 });
  });

  it("the rate limit of refunds is at least one a minute", async () => {
    const merchant = await merchantWith(1, "refund");
    expect(notified(await aRefund(merchant))).toMatchObject({ limit: "1", remaining: "0", reset: "60" });
    expect(await aRefund(merchant)).toMatchObject(refused);
  });
});

describe("the setting rate_limit", () => {
  const listed = async ({ username }: Pick<Merchant, "username">) =>
    (await operator<Record<string, unknown>[]>("merchant list")).find((row) => row.username === username);

  it("rate_limit is 100 by default, also for a merchant inserted by hand", async () => {
    const username = `usual-${randomUUID().slice(0, 8)}`;
    await operator("merchant create", { username });
    expect(await listed({ username })).toMatchObject({ rate_limit: 100 });
    await rows.query("INSERT INTO users (username) VALUES ('by-hand')");
    expect(await listed({ username: "by-hand" })).toMatchObject({ rate_limit: 100 });
    await expect(rows.query("UPDATE users SET rate_limit = 0 WHERE username = 'by-hand'")).rejects.toThrow(
      /constraint/i,
    );
  });

  it("a change of rate_limit takes effect within a minute and changes nothing else of the merchant", async () => {
    const merchant = await merchantWith(3);
    expect(notified(await ask(merchant))).toMatchObject({ limit: "3" });
    const before = await listed(merchant);
    for (const rate_limit of ["250", "none", 7]) {
      const shown = rate_limit === "none" ? rate_limit : Number(rate_limit);
      const set = await operator("merchant set", { merchant: merchant.username, rate_limit });
      expect(set).toEqual({ user_id: merchant.userId, notify_url: null, rate_limit: shown });
      expect(await listed(merchant)).toEqual({ ...before, rate_limit: shown });
      await world.passes(60);
      const answer = await ask(merchant);
      expect(notified(answer).limit).toBe(shown === "none" ? null : String(shown));
    }
    const notify_url = world.sandbox.inboxUrl(merchant.username);
    await operator("merchant set", { merchant: merchant.username, notify_url });
    expect(await listed(merchant)).toEqual({ ...before, rate_limit: 7, notify_url });
  });

  it.each([0, -1, 1.5, "some", 1_000_001, ""])(
    "merchant set refuses %j as rate_limit",
    async (rate_limit) => {
      const merchant = await merchantWith(3);
      const setting = operator("merchant set", { merchant: merchant.username, rate_limit });
      await expect(setting).rejects.toThrow(/1001 rate_limit: 1 to 1000000, or none/);
      await expect(operator("merchant set", { merchant: merchant.username })).rejects.toThrow(/1001/);
    },
  );

  it("a merchant without a rate limit causes no Redis command", async () => {
    const merchant = await merchantWith("none");
    await ask(merchant);
    const commands = await redisCommands(redis.port, async () => {
      for (let calls = 0; calls < 150; calls++)
        expect(notified(await ask(merchant))).toEqual(nothingNotified);
    });
    expect(commands).toEqual([]);
  });
});

describe("round trips to Redis with warm caches", () => {
  it("with warm caches, create, replay and query take one Redis round trip, webhooks and bad keys none", async () => {
    const shop = await world.openShop("stripe");
    await operator("merchant set", { merchant: shop.username, rate_limit: 1000 });
    const api = apiOf(world, shop);
    const paid = await paidOrder(world, api, "stripe");
    const commands = (act: () => Promise<unknown>) => redisCommands(redis.port, act);
    const once = [["eval", expect.any(String), "1", `{m${shop.userId}}:calls`, "60000", "60000000"]];
    const order = anOrder({ provider: "stripe" });
    expect(await commands(() => api.create(order))).toEqual(once);
    expect(await commands(() => api.create(order))).toEqual(once);
    expect(await commands(() => api.query(paid))).toEqual(once);
    expect(await commands(() => api.create({}))).toEqual(once);
    const stripe = simulatorOf(world, "stripe");
    expect(
      await commands(async () => {
        const done = async () => (await stripe.webhooks(paid)).filter(({ status }) => status === 200).length;
        const before = await done();
        await stripe.resend(paid);
        await until(async () => (await done()) > before);
      }),
    ).toEqual([]);
    const unknown = apiOf(world, { ...shop, apiKey: shop.apiKey.replace(/.$/, "!") });
    expect(await commands(() => unknown.create(order))).toEqual([]);
  });
});

describe("an outage of Redis", () => {
  it("while Redis is down, each process counts calls by itself and no call fails", async () => {
    const merchant = await merchantWith(3);
    expect(notified(await ask(merchant))).toMatchObject({ remaining: "2" });
    await redis.kill();
    const answers: ApiAnswer[] = [];
    for (let calls = 0; calls < 5; calls++) answers.push(await ask(merchant));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    const { retryAfter, ...quota } = notified(answers[4]!);
    expect(quota).toMatchObject({ limit: "3", remaining: "0" });
    expect(Number(retryAfter)).toBeLessThanOrEqual(20);
    await world.passes(20);
    expect([(await ask(merchant)).status, (await ask(merchant)).status]).toEqual([200, 429]);
    const { rateLimit, close } = anotherGateway();
    expect(await rateLimit({ userId: merchant.userId, rateLimit: 3 }, "calls")).toMatchObject({
      remaining: 2,
    });
    await close();
    await redis.restart();
  });
});
