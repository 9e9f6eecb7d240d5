import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { newApiKey } from "../../lib/merchants/api-key.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { providers } from "../../lib/providers/registry.ts";
import { addApiKey } from "../../lib/storage/api-keys.ts";
import { providerNames } from "../kits/kits.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, type ApiAnswer, anOrder, apiOf } from "../steps/api.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { rawCall } from "../steps/raw-call.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let proxy: DatabaseProxy;
let shop: Shop;
let api: Api;
/** A paid, partly refunded order of the shop. */
let theirs: { orderNo: string; outTradeNo: string; refundNo: string; eventId: string };

beforeAll(async () => {
  world = await openWorld();
  const { hostname, port } = new URL(process.env.DATABASE_URL!);
  proxy = await startDatabaseProxy({ host: hostname, port: Number(port) });
  process.env.DB_PORT = String(proxy.port);
  shop = await world.openShop();
  api = apiOf(world, shop);
  const outTradeNo = `order-${randomUUID()}`;
  const orderNo = await paidOrder(world, api, "stripe", { out_trade_no: outTradeNo });
  const refundNo = aRefundNo();
  await refundsOf(api).ask({ order_no: orderNo, refund_no: refundNo, amount: "5.00" });
  await world.queues.drain();
  const eventId = (await api.inbox())[0]!.headers["webhook-id"]!;
  theirs = { orderNo, outTradeNo, refundNo, eventId };
});
afterEach(() => void vi.useRealTimers());
afterAll(async () => {
  proxy.stop();
  await world.stop();
});

/** An identifier of the same length that does not exist. */
const missing = (text: string) => `${text.slice(0, -4)}ZZZZ`;
const gone = () => ({
  orderNo: missing(theirs.orderNo),
  outTradeNo: missing(theirs.outTradeNo),
  refundNo: missing(theirs.refundNo),
  eventId: randomUUID(),
});

/** A new merchant: this process has nothing cached from earlier calls of it. */
async function newMerchant(): Promise<Api> {
  const merchant = `shop-${randomUUID().slice(0, 8)}`;
  await world.ops("merchant create", { username: merchant });
  const { api_key: apiKey } = await world.ops<{ api_key: string }>("key create", { merchant });
  return apiOf(world, { ...shop, apiKey });
}

/** A statement without its values; lists of different lengths look the same. */
const shapeOf = (statement: string) =>
  statement
    .replace(/'(?:[^'\\]|\\.)*'/g, "?")
    .replace(/\b\d+\b/g, "?")
    .replace(/\?(, \?)+/g, "?");

/** Everything that a caller can see or time: the response, the SQL statements and the number of provider calls. */
async function seenOf(ask: () => Promise<ApiAnswer>) {
  const atProviders = async () =>
    (await Promise.all(providerNames.map((name) => simulatorOf(world, name).calls()))).flat().length;
  const calls = await atProviders();
  const from = proxy.statements.length;
  const { headers, ...answer } = await ask();
  const notified = [...headers].filter(([name]) => !/^(date|x-request-id|ratelimit-.*)$/.test(name));
  return {
    answer: { ...answer, request_id: "" },
    headers: Object.fromEntries(notified),
    names: [...headers.keys()].sort(),
    statements: proxy.statements.slice(from).map(shapeOf),
    calls: (await atProviders()) - calls,
  };
}

type Named = typeof theirs;
type Way = [string, number, (caller: Api, named: Named) => Promise<ApiAnswer>];

describe("another merchant's objects", () => {
  const post = (path: string, body?: (named: Named) => object) => (caller: Api, named: Named) =>
    caller.call("POST", path, body?.(named));
  const ways: Way[] = [
    ["querying an order", 2007, (caller, { orderNo }) => caller.query(orderNo)],
    [
      "querying by out_trade_no an order",
      2007,
      (caller, { outTradeNo }) => caller.call("GET", `/api/v1/payment/query?out_trade_no=${outTradeNo}`),
    ],
    ["closing an order", 2007, (caller, { orderNo }) => caller.close(orderNo)],
    [
      "reading the timeline of an order",
      2007,
      (caller, { orderNo }) => caller.call("GET", `/api/v1/payment/timeline/${orderNo}`),
    ],
    [
      "resending the notification of an order",
      2007,
      (caller, { orderNo }) => caller.call("POST", `/api/v1/payment/notify/resend/${orderNo}`),
    ],
    [
      "resending one event of an order",
      2007,
      (caller, { orderNo, eventId }) =>
        caller.call("POST", `/api/v1/payment/notify/resend/${orderNo}`, { event_id: eventId }),
    ],
    [
      "refunding an order",
      2007,
      post("/api/v1/payment/refund", ({ orderNo }) => ({ order_no: orderNo, refund_no: "r-1" })),
    ],
    [
      "refunding by out_trade_no an order",
      2007,
      post("/api/v1/payment/refund", ({ outTradeNo }) => ({ out_trade_no: outTradeNo, refund_no: "r-1" })),
    ],
    [
      "repeating a refund of an order",
      2007,
      post("/api/v1/payment/refund", ({ orderNo, refundNo }) => ({
        order_no: orderNo,
        refund_no: refundNo,
        amount: "5.00",
      })),
    ],
    [
      "querying a refund",
      1004,
      (caller, { refundNo }) => caller.call("GET", `/api/v1/payment/refund/${refundNo}`),
    ],
  ];
  it.each(ways)("%s of another merchant is answered as if it did not exist", async (_what, code, ask) => {
    const [asker, other] = [await newMerchant(), await newMerchant()];
    const found = await seenOf(() => ask(asker, theirs));
    const absent = await seenOf(() => ask(other, gone()));
    expect(found).toEqual(absent);
    expect(found).toMatchObject({ answer: { code }, calls: 0 });
    expect(found.statements.length).toBeGreaterThan(1);
  });

  it("the owning merchant finds every object that other merchants cannot see", async () => {
    for (const [what, code, ask] of ways) {
      const found = await ask(api, theirs);
      expect({ what, code: found.code }).not.toEqual({ what, code });
      expect(found.status).not.toBe(404);
    }
  });

  it("a create with another merchant's config name is answered as if the config did not exist", async () => {
    const named = (config: string) => async (caller: Api) => {
      const answer = await caller.create(anOrder({ provider: "stripe", config, out_trade_no: "o-1" }));
      return { ...answer, message: answer.message.replace(config, "NAME") };
    };
    const { configs } = openGateway();
    expect((await configs.usable(shop.userId)).map(({ name }) => name)).toContain("default");
    const [asker, other] = [await newMerchant(), await newMerchant()];
    const found = await seenOf(() => named("default")(asker));
    const absent = await seenOf(() => named("missing")(other));
    expect(found).toEqual(absent);
    expect(found).toMatchObject({
      answer: { code: 2006, message: expect.stringContaining("NAME") },
      calls: 0,
    });
    expect(found.statements.length).toBeGreaterThan(1);
  });

  it("resending an event that belongs to another order is answered as if the event did not exist", async () => {
    const orderNo = await paidOrder(world, api, "alipay");
    const resend = (event_id: string) => () =>
      api.call("POST", `/api/v1/payment/notify/resend/${orderNo}`, { event_id });
    const found = await seenOf(resend(theirs.eventId));
    expect(found).toEqual(await seenOf(resend(randomUUID())));
    expect(found).toMatchObject({ answer: { code: 2008 }, calls: 0 });
  });

  it("an API key with an existing id and a wrong secret is answered like one with an unknown id", async () => {
    const [existing, unknown] = [newApiKey(shop.userId), newApiKey(shop.userId)];
    const { db, clock } = openGateway();
    await addApiKey(
      db,
      shop.userId,
      { ...existing, hash: Buffer.alloc(32, 1) },
      { scopes: ["query"], now: clock.now(), mostLive: 9 },
    );
    const withKey = (apiKey: string) => () => apiOf(world, { ...shop, apiKey }).query(theirs.orderNo);
    const found = await seenOf(withKey(existing.text));
    expect(found).toEqual(await seenOf(withKey(unknown.text)));
    expect(found).toMatchObject({ answer: { status: 401, code: 1002 }, calls: 0 });
    expect(found.statements).toEqual([expect.stringContaining("`api_keys`")]);
  });
});

describe("webhooks to existing and unknown configs", () => {
  const forged: [string, string | Buffer<ArrayBuffer>, Record<string, string>][] = [
    ["an empty body", "", {}],
    ["a form", "a=1&sign=x&sign_type=RSA2", { "content-type": "application/x-www-form-urlencoded" }],
    ["a form that repeats a field", "a=1&a=2", { "content-type": "application/x-www-form-urlencoded" }],
    ["a body that is not UTF-8", Buffer.from("ff", "hex"), {}],
    ["JSON", "{}", { "content-type": "application/json" }],
    ["a signature in Stripe's format", "{}", { "stripe-signature": `t=1,v1=${"0".repeat(64)}` }],
  ];
  let unknown = 900_000;
  it.each(forged)(
    "a forged webhook with %s is answered alike for an existing and an unknown config",
    async (_what, body, headers) => {
      const { configs } = await world.openShop();
      for (const provider of providerNames) {
        const post = (id: unknown) => () =>
          rawCall(world, { path: `/api/v1/public/notify/${provider}/${id}`, headers, body });
        const found = await seenOf(post(configs[provider]));
        expect(found).toEqual(await seenOf(post(unknown++)));
        const code = { code: 2002, ...providers[provider]!.refusal?.("") }.code;
        expect(found).toMatchObject({ answer: { status: 401, code }, calls: 0 });
        // Both are read from the database once more: the secret may have changed, or the config may be new.
        expect(found.statements).toHaveLength(2);
      }
    },
  );

  it("a new config accepts webhooks within five seconds, though its id was unknown before", async () => {
    const { configs } = await world.openShop("stripe");
    const path = `stripe/${Number(configs.stripe) + 1}`;
    vi.useFakeTimers({ toFake: ["performance"] });
    expect(await postWebhook(world, path, { body: "{}", headers: {} })).toMatchObject({ status: 401 });
    const made = await world.openShop("stripe");
    const events = stripeEvents(world, made);
    expect(events.path).toBe(path);
    vi.advanceTimersByTime(5_000);
    expect(await postWebhook(world, path, events.event("UNI1"))).toMatchObject({ status: 200 });
  });
});
