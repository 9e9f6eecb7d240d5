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
import { simulatorOf, until } from "../steps/simulator.ts";
import { openWorld, type World } from "../steps/world.ts";

let redis: LocalServer;
let observer: Redis;
let proxy: DatabaseProxy;
let world: World;
let rows: Rows;

beforeAll(async () => {
  redis = await startRedis({ dir: path.join(inject("runFolder"), `limit-redis-${process.pid}`) });
  observer = new Redis(redis.port);
  process.env.REDIS_URL = redis.url;
  world = await openWorld();
  const { hostname, port } = new URL(process.env.DATABASE_URL!);
  proxy = await startDatabaseProxy({ host: hostname, port: Number(port) });
  process.env.DB_PORT = String(proxy.port);
  rows = await openRows();
});
afterAll(async () => {
  observer.disconnect();
  await rows.close();
  proxy.stop();
  await world.stop();
  await redis.stop();
});

type Merchant = { userId: string; username: string; apiKey: string; api: Api };

/** A merchant that can ask and not pay, with so many calls a minute, whose key is known to this process. */
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

/** Redis' clock cannot be moved, so what it has written is: as if it had been so much earlier. */
async function secondsPass(userId: string, seconds: number, kind = "calls"): Promise<void> {
  const key = `{m${userId}}:${kind}`;
  await observer.set(key, String(Number(await observer.get(key)) - seconds * 1_000_000));
}

const told = ({ headers }: ApiAnswer) => ({
  limit: headers.get("x-ratelimit-limit"),
  remaining: headers.get("x-ratelimit-remaining"),
  reset: headers.get("x-ratelimit-reset"),
  retryAfter: headers.get("retry-after"),
});
const nothingTold = { limit: null, remaining: null, reset: null, retryAfter: null };
const refused = { status: 429, code: 1006 };

describe("a merchant with a limit of 3 calls a minute", () => {
  it("makes three at once, each told what is left, and is refused the fourth in the envelope", async () => {
    const merchant = await merchantWith(3);
    const answers = [await ask(merchant), await ask(merchant), await ask(merchant)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map((answer) => told(answer).remaining)).toEqual(["2", "1", "0"]);
    expect(told(answers[0]!)).toEqual({ limit: "3", remaining: "2", reset: "20", retryAfter: null });
    const fourth = await ask(merchant);
    expect(fourth).toMatchObject({ ...refused, request_id: expect.any(String) });
    expect(fourth.data).toBeUndefined();
    expect(fourth.message).toMatch(/3 of these a minute/);
    expect(told(fourth)).toMatchObject({ limit: "3", remaining: "0" });
  });

  it("is let through after Retry-After and not a second earlier, and has all back after the reset", async () => {
    const merchant = await merchantWith(3);
    for (let calls = 0; calls < 3; calls++) await ask(merchant);
    const { retryAfter } = told(await ask(merchant));
    await secondsPass(merchant.userId, Number(retryAfter) - 10);
    const early = await ask(merchant);
    expect(early).toMatchObject(refused);
    expect(Number(told(early).retryAfter)).toBeLessThanOrEqual(10);
    await secondsPass(merchant.userId, Number(told(early).retryAfter));
    const answer = await ask(merchant);
    expect(answer.status).toBe(200);
    await secondsPass(merchant.userId, Number(told(answer).reset));
    expect(told(await ask(merchant))).toMatchObject({ remaining: "2", reset: "20" });
  });

  it("is refused before the database is asked anything, and reads no word of what was wrong with the call", async () => {
    const merchant = await merchantWith(3);
    for (let calls = 0; calls < 3; calls++) await ask(merchant);
    const asked = proxy.statements.length;
    expect(await ask(merchant)).toMatchObject(refused);
    expect(await merchant.api.create({ provider: "no such" })).toMatchObject(refused);
    expect(await merchant.api.query("UNI1")).toMatchObject(refused);
    expect(proxy.statements.slice(asked)).toEqual([]);
  });

  it("spends it on calls that fail too, and is told what is left by those", async () => {
    const merchant = await merchantWith(3);
    const answers = [
      await merchant.api.create({ provider: "no such" }),
      await merchant.api.query("UNI20260101000000AAAAAAAAAAAAAAA"),
      await merchant.api.call("GET", "/api/v1/payment/query?what=ever"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 400]);
    expect(answers.map((answer) => told(answer).remaining)).toEqual(["2", "1", "0"]);
    expect(await ask(merchant)).toMatchObject(refused);
  });

  it("spends nothing on calls that its key may not make, and nothing of another merchant's", async () => {
    const [merchant, other] = [await merchantWith(3), await merchantWith(3)];
    for (let calls = 0; calls < 5; calls++) {
      const answer = await refundsOf(merchant.api).ask({ order_no: "UNI1", refund_no: "1" });
      expect(answer).toMatchObject({ status: 403, code: 1003 });
      expect(told(answer)).toEqual(nothingTold);
    }
    for (let calls = 0; calls < 4; calls++) await ask(other);
    expect(told(await ask(merchant))).toMatchObject({ remaining: "2" });
  });

  it("has one limit, whatever process it meets", async () => {
    const merchant = await merchantWith(3);
    const gateways = [anotherGateway(), anotherGateway()];
    const caller = { userId: merchant.userId, rateLimit: 3 };
    await ask(merchant);
    for (const { rateLimit } of gateways) await rateLimit(caller, "calls");
    expect(await ask(merchant)).toMatchObject(refused);
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });
});

describe("refunds", () => {
  const aRefund = (merchant: Merchant) =>
    refundsOf(merchant.api).ask({ order_no: "UNI20260101000000AAAAAAAAAAAAAAA", refund_no: aRefundNo() });

  it("are a fifth of a merchant's calls a minute, and counted by themselves", async () => {
    const merchant = await merchantWith(10, "refund,query");
    const first = await aRefund(merchant);
    expect(first).toMatchObject({ status: 404, code: 2007 });
    expect(told(first)).toMatchObject({ limit: "2", remaining: "1", reset: "30" });
    expect(await aRefund(merchant)).toMatchObject({ status: 404 });
    const third = await aRefund(merchant);
    expect(third).toMatchObject(refused);
    expect(Number(told(third).retryAfter)).toBeGreaterThan(25);
    expect(told(await ask(merchant))).toMatchObject({ limit: "10", remaining: "9" });
    const seen = await merchant.api.call("GET", "/api/v1/payment/refund/none");
    expect(told(seen)).toMatchObject({ limit: "10", remaining: "8" });
    await secondsPass(merchant.userId, Number(told(third).retryAfter), "refunds");
    expect(await aRefund(merchant)).toMatchObject({ status: 404 });
  });

  it("are one a minute at least", async () => {
    const merchant = await merchantWith(1, "refund");
    expect(told(await aRefund(merchant))).toMatchObject({ limit: "1", remaining: "0", reset: "60" });
    expect(await aRefund(merchant)).toMatchObject(refused);
  });
});

describe("the number of calls a minute", () => {
  const listed = async ({ username }: Pick<Merchant, "username">) =>
    (await operator<Record<string, unknown>[]>("merchant list")).find((row) => row.username === username);

  it("is 100 unless it was said, also for a merchant that was inserted by hand", async () => {
    const username = `usual-${randomUUID().slice(0, 8)}`;
    await operator("merchant create", { username });
    expect(await listed({ username })).toMatchObject({ rate_limit: 100 });
    await rows.query("INSERT INTO users (username) VALUES ('by-hand')");
    expect(await listed({ username: "by-hand" })).toMatchObject({ rate_limit: 100 });
    await expect(rows.query("UPDATE users SET rate_limit = 0 WHERE username = 'by-hand'")).rejects.toThrow(
      /constraint/i,
    );
  });

  it("is changed within a minute, up, down and to none, with nothing else of the merchant", async () => {
    const merchant = await merchantWith(3);
    expect(told(await ask(merchant))).toMatchObject({ limit: "3" });
    const before = await listed(merchant);
    for (const rate_limit of ["250", "none", 7]) {
      const shown = rate_limit === "none" ? rate_limit : Number(rate_limit);
      const set = await operator("merchant set", { merchant: merchant.username, rate_limit });
      expect(set).toEqual({ user_id: merchant.userId, notify_url: null, rate_limit: shown });
      expect(await listed(merchant)).toEqual({ ...before, rate_limit: shown });
      await world.passes(60);
      const answer = await ask(merchant);
      expect(told(answer).limit).toBe(shown === "none" ? null : String(shown));
    }
    const notify_url = world.sandbox.inboxUrl(merchant.username);
    await operator("merchant set", { merchant: merchant.username, notify_url });
    expect(await listed(merchant)).toEqual({ ...before, rate_limit: 7, notify_url });
  });

  it.each([0, -1, 1.5, "some", 1_000_001, ""])("is none of these: %s", async (rate_limit) => {
    const merchant = await merchantWith(3);
    const setting = operator("merchant set", { merchant: merchant.username, rate_limit });
    await expect(setting).rejects.toThrow(/1001 rate_limit: 1 to 1000000, or none/);
    await expect(operator("merchant set", { merchant: merchant.username })).rejects.toThrow(/1001/);
  });

  it("is not asked of Redis for a merchant without a limit", async () => {
    const merchant = await merchantWith("none");
    await ask(merchant);
    const commands = await redisCommands(redis.port, async () => {
      for (let calls = 0; calls < 150; calls++) expect(told(await ask(merchant))).toEqual(nothingTold);
    });
    expect(commands).toEqual([]);
  });
});

describe("with warm caches, round trips to Redis", () => {
  it("are one for a create, its replay and a query, none for a webhook or a key that is refused", async () => {
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
    const stranger = apiOf(world, { ...shop, apiKey: shop.apiKey.replace(/.$/, "!") });
    expect(await commands(() => stranger.create(order))).toEqual([]);
  });
});

describe("while Redis is away", () => {
  it("each process counts for itself by the gateway's clock, and nothing fails", async () => {
    const merchant = await merchantWith(3);
    expect(told(await ask(merchant))).toMatchObject({ remaining: "2" });
    await redis.kill();
    const answers: ApiAnswer[] = [];
    for (let calls = 0; calls < 5; calls++) answers.push(await ask(merchant));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    const { retryAfter, ...quota } = told(answers[4]!);
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
