import { randomUUID } from "node:crypto";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { newApiKey } from "../../lib/merchants/api-key.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { anOrder, apiOf } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import type { SignedCall } from "../steps/signed-webhooks.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let proxy: DatabaseProxy;
let rows: Rows;
let shop: Shop;
let other: Shop;

beforeAll(async () => {
  world = await openWorld();
  const { hostname, port } = new URL(process.env.DATABASE_URL!);
  proxy = await startDatabaseProxy({ host: hostname, port: Number(port) });
  process.env.DB_PORT = String(proxy.port);
  rows = await openRows();
  shop = await world.openShop("stripe");
  other = await world.openShop("stripe");
});
afterAll(async () => {
  await rows.close();
  proxy.stop();
  await world.stop();
});

// Time advances only when a test says so: otherwise the limits would refill at a rate that depends on the machine.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

type Answer = { status: number; code: number; retryAfter: string | undefined };

/** Invokes a function as API Gateway does for a request from this address. */
async function from(sourceIp: string, entry: string, event: object): Promise<Answer> {
  const http = { method: "", path: "", sourceIp, userAgent: "" };
  const requestContext = { requestId: randomUUID(), timeEpoch: Date.now(), http };
  const answer = await invoke(entry, { requestContext, isBase64Encoded: false, ...event });
  const { statusCode = 0, body = "", headers = {} } = answer as APIGatewayProxyStructuredResultV2;
  const { code = 0 } = JSON.parse(body) as { code?: number };
  return { status: statusCode, code, retryAfter: headers["retry-after"]?.toString() };
}

const webhookFrom = (sourceIp: string, config_id: string, { body, headers }: SignedCall) =>
  from(sourceIp, "webhooks/stripe", { pathParameters: { config_id }, body, headers });
const listFrom = (sourceIp: string, apiKey: string) =>
  from(sourceIp, "list-payments", { routeKey: "GET /api/v1/payment/list", headers: { "x-api-key": apiKey } });

/** Makes the calls; returns counts by HTTP status, of webhooks logged and of database statements. */
async function flood(calls: number, call: (at: number) => Promise<Answer>) {
  const statuses: Record<number, number> = {};
  const before = proxy.statements.length;
  const lines = await logOf(async () => {
    for (let at = 0; at < calls; at++) {
      const { status } = await call(at);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  const verified = lines.filter(({ message }) => message === "webhook").length;
  return { statuses, verified, statements: proxy.statements.length - before };
}

const refused = { status: 429, code: 1006, retryAfter: "1" };
const forged: SignedCall = { body: "{}", headers: { "stripe-signature": "t=1,v1=00" } };
let addresses = 0;
const anAddress = () => `192.0.2.${++addresses}`;

async function paidEvent(theirs: Shop) {
  const { data } = await apiOf(world, theirs).create(anOrder({ provider: "stripe" }));
  return { orderNo: data.order_no, call: stripeEvents(world, theirs).event(data.order_no) };
}

it("failures of an IPv6 address count for its whole /64 network", async () => {
  const config = shop.configs.stripe!;
  const calls = await flood(310, (at) => webhookFrom(`2001:db8:0:1::${at.toString(16)}`, config, forged));
  expect(calls.verified).toBe(300);
  expect(await webhookFrom("2001:db8:0:1:ffff::", config, forged)).toEqual(refused);
  expect(await webhookFrom("2001:db8:0:2::1", config, forged)).toMatchObject({ status: 401 });
});

describe("floods of forged webhooks for one config", () => {
  it("forged webhooks are verified 300 times, then refused; a valid one is accepted a second later", async () => {
    const address = anAddress();
    const config = shop.configs.stripe!;
    const { orderNo, call } = await paidEvent(shop);
    const seen = await flood(350, () => webhookFrom(address, config, forged));
    expect(seen).toMatchObject({ statuses: { 401: 300, 429: 50 }, verified: 300 });
    expect(await webhookFrom(address, config, call)).toEqual(refused);
    expect(await rows.order(orderNo)).toMatchObject({ status: "pending" });
    await world.passes(1);
    expect(await webhookFrom(address, config, call)).toMatchObject({ status: 200 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
  });

  it("a flood for one config blocks neither other configs nor the same config from other addresses", async () => {
    const [address, elsewhere] = [anAddress(), anAddress()];
    await flood(350, () => webhookFrom(address, shop.configs.stripe!, forged));
    const [mine, theirs] = [await paidEvent(shop), await paidEvent(other)];
    expect(await webhookFrom(address, other.configs.stripe!, theirs.call)).toMatchObject({ status: 200 });
    expect(await webhookFrom(elsewhere, shop.configs.stripe!, mine.call)).toMatchObject({ status: 200 });
  });
});

describe("floods of webhooks for unknown configs", () => {
  it("webhooks for unknown configs are refused after 1,200, without further database statements", async () => {
    const address = anAddress();
    const unknown = (at: number) => webhookFrom(address, `99${at}`, forged);
    const first = await flood(1200, unknown);
    expect(first).toMatchObject({ statuses: { 401: 1200 }, verified: 1200 });
    const more = await flood(100, (at) => unknown(5000 + at));
    expect(more).toEqual({ statuses: { 429: 100 }, verified: 0, statements: 0 });
    expect(await webhookFrom(anAddress(), "991", forged)).toMatchObject({ status: 401, code: 2002 });
  });
});

describe("floods of invented API keys", () => {
  it("invented API keys are looked up 300 times, then refused; a key in use still works", async () => {
    const address = anAddress();
    const unused = await world.openShop("stripe");
    const another = await world.openShop("stripe");
    expect(await listFrom(address, shop.apiKey)).toMatchObject({ status: 200 });
    const seen = await flood(350, () => listFrom(address, newApiKey(shop.userId).text));
    expect(seen).toEqual({ statuses: { 401: 300, 429: 50 }, verified: 0, statements: 300 });
    expect(await listFrom(address, shop.apiKey)).toMatchObject({ status: 200 });
    expect(await listFrom(address, unused.apiKey)).toEqual(refused);
    expect(await listFrom(anAddress(), another.apiKey)).toMatchObject({ status: 200 });
    await world.passes(1);
    expect(await listFrom(address, unused.apiKey)).toMatchObject({ status: 200 });
  });
});
