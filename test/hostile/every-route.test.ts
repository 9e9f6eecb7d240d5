import { createHash } from "node:crypto";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routes } from "../../lib/http/routes.ts";
import { newApiKey } from "../../lib/merchants/api-key.ts";
import { providers } from "../../lib/providers/registry.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { type LogLine, logOf } from "../steps/captured-log.ts";
import { type Answered, answerTo, eventOf, everyRoute, type Route, type Sent } from "../steps/every-route.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let orderNo: string;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
  orderNo = String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const routeNames = everyRoute.map((route) => [route.route, route] as const);
/** Routes whose response contains nothing private and may be cached. */
const cacheable = new Set<string>([routes.openApi]);

/** Expects, for any outcome: security headers, the same request id everywhere, and no server details. */
function expectFront(route: Route, answer: Answered, log: LogLine[]): void {
  const { headers, requestId, body } = answer;
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "strict-transport-security": expect.stringMatching(/^max-age=\d{8}/),
    "referrer-policy": "no-referrer",
    "content-security-policy": expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
    "x-request-id": requestId,
  });
  const isCacheable = cacheable.has(route.route) && answer.status === 200;
  expect(headers["cache-control"]).toBe(isCacheable ? "public, max-age=300" : "no-store");
  const names = Object.keys(headers).join();
  expect(names).toBe(names.toLowerCase());
  expect(names).not.toMatch(/access-control|server|powered|version|via|set-cookie|amz/);
  if (!/html/.test(headers["content-type"] ?? ""))
    expect(headers["content-security-policy"]).toBe("default-src 'none'; frame-ancestors 'none'");
  if (body.startsWith('{"code":') && !body.startsWith('{"code":"FAIL"'))
    expect(JSON.parse(body)).toMatchObject({ request_id: requestId });
  expect(log.length).toBeGreaterThan(0);
  expect(new Set(log.map(({ request_id }) => request_id))).toEqual(new Set([requestId]));
}

async function called(route: Route, event: ReturnType<typeof eventOf>) {
  let answer!: Answered;
  const log = await logOf(async () => {
    answer = await answerTo(route, event);
  });
  return { answer, log };
}

const canary =
  "ER_PARSE_ERROR near 'SELECT hash FROM api_keys' at db.internal (/var/task/index.js:1:2) sk_live_canary";
const internals =
  /canary|ER_|SELECT|FROM|INSERT|UPDATE|doesn't exist|_orders|_configs|api_keys|\.js|\.ts|\bat \w|db\.internal|127\.0\.0\.1|mysql|stack/i;

function expectInternalError(route: Route, { status, body, requestId }: Answered): void {
  expect(status).toBe(500);
  const message = expect.stringMatching(/^an internal error: /);
  const envelope: object = JSON.parse(body);
  if (route.route.includes("/wechat/")) expect(envelope).toEqual({ code: "FAIL", message });
  else expect(envelope).toEqual({ code: 1000, message, request_id: requestId });
  expect(body).not.toMatch(internals);
}

describe.each(routeNames)("%s", (name, route) => {
  const key = (): Sent => ({ headers: { "x-api-key": shop.apiKey, "content-type": "application/json" } });

  it(`${name} has security headers and one request id in every response and log line`, async () => {
    const pathParameters = { order_no: orderNo, provider: "stripe", config_id: shop.configs.stripe! };
    const ways: Sent[] = [
      {},
      key(),
      { ...key(), pathParameters },
      { ...key(), body: "{}" },
      { ...key(), pathParameters, body: "[" },
      { pathParameters, query: { deep: "1" } },
      { pathParameters, headers: { origin: "https://evil.example", "x-request-id": "mine" } },
    ];
    for (const sent of ways) {
      const { answer, log } = await called(route, eventOf(route, sent));
      expectFront(route, answer, log);
    }
  });

  it(`${name} answers an unexpected error with 1000 and without internal details`, async () => {
    const { requestContext } = eventOf(route);
    const event = new Proxy({ requestContext } as ReturnType<typeof eventOf>, {
      get(target, name) {
        if (name === "requestContext") return target.requestContext;
        throw new Error(canary);
      },
    });
    const { answer, log } = await called(route, event);
    expectFront(route, answer, log);
    expectInternalError(route, answer);
    expect(JSON.stringify(log)).not.toContain("canary");
    expect(log).toContainEqual(
      expect.objectContaining({ level: "error", message: "unexpected failure", error: "Error" }),
    );
  });
});

describe("calls that cannot be logged", () => {
  it.each(routeNames)("%s is answered with an alarm when its call cannot be logged", async (_, route) => {
    const event = eventOf(route);
    const { requestId, routeKey } = event.requestContext;
    const requestContext = { requestId, routeKey } as typeof event.requestContext;
    const { answer, log } = await called(route, { ...event, requestContext });
    expectFront(route, answer, log);
    expect(log).toContainEqual(expect.objectContaining({ level: "error", message: "call not logged" }));
  });
});

describe("calls while the database refuses every statement", () => {
  const named = async (from: string, to: string) => {
    const found = await rows.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = DATABASE() AND table_name LIKE ?`,
      [`${from}%`],
    );
    const pairs = found.map(({ name }) => `\`${name}\` TO \`${to}${name.slice(from.length)}\``);
    await rows.query(`RENAME TABLE ${pairs.join(", ")}`);
  };
  beforeAll(() => named("", "gone_"));
  afterAll(() => named("gone_", ""));

  const usingDatabase = routeNames.filter(([, { entry }]) => !["openapi", "health"].includes(entry));
  it.each(usingDatabase)(
    "%s answers 1000 without database details when every statement fails",
    async (_, route) => {
      const headers = { "x-api-key": newApiKey(shop.userId).text, "content-type": "application/json" };
      const pathParameters = { provider: "stripe", order_no: orderNo, config_id: "77" };
      const { answer, log } = await called(route, eventOf(route, { headers, pathParameters, body: "{}" }));
      expectFront(route, answer, log);
      expectInternalError(route, answer);
      expect(JSON.stringify(log)).not.toMatch(/SELECT|select|doesn't exist/);
    },
  );
});

describe("other methods", () => {
  const paths = [...new Set(everyRoute.map(({ path }) => path))];
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"];
  const unknown = paths.flatMap((path) =>
    methods
      .filter((method) => !everyRoute.some((route) => route.path === path && route.method === method))
      .map((method) => [method, path] as const),
  );

  it.each(unknown)("%s %s is not a route: 404 without CORS headers", async (method, path) => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const url = world.front.url + path.replace(/\{\w+\}/g, "1");
    const answer = await new Promise<{ status: number; headers: object; body: string }>((resolve, reject) =>
      request(url, { method, headers }, async (response) => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: await text(response) });
      })
        .on("error", reject)
        .end(),
    );
    expect(answer.status).toBe(404);
    expect(Object.keys(answer.headers).join()).not.toMatch(/access-control|server|powered/);
    if (method !== "HEAD") expect(JSON.parse(answer.body)).toMatchObject({ code: 1004 });
  });
});

describe("the gateway's own return page", () => {
  it("the gateway's own return page may load nothing but its inline style", async () => {
    const { answer } = await called(
      everyRoute.find(({ route }) => route === routes.paymentReturn)!,
      eventOf(everyRoute.find(({ route }) => route === routes.paymentReturn)!, {
        pathParameters: { provider: "stripe", order_no: orderNo },
      }),
    );
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    const styles = [...answer.body.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style]) => style!);
    expect(styles).toHaveLength(1);
    const hash = createHash("sha256").update(styles[0]!).digest("base64");
    expect(answer.headers["content-security-policy"]).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(answer.body).not.toMatch(/<script|style="|\son\w+=|https?:\/\//);
  });
});

describe("responses to refused webhooks", () => {
  it.each(Object.keys(providers))(
    "a refused %s webhook is answered in the format of its provider",
    async (provider) => {
      const route = everyRoute.find(({ entry }) => entry === `webhooks/${provider}`)!;
      const refused = async (sent: Sent) => (await called(route, eventOf(route, sent))).answer;
      const large = Buffer.alloc(1024 * 1024 + 1, 32);
      const [forged, huge] = [await refused({ body: "{}" }), await refused({ body: large })];
      expect([forged.status, huge.status]).toEqual([401, 400]);
      const words = [forged, huge].map(({ body }) => JSON.parse(body));
      const messages = ["the signature is not valid", "the body is over 1 MiB"];
      if (provider === "wechat")
        expect(words).toEqual(messages.map((message) => ({ code: "FAIL", message })));
      else
        expect(words).toEqual(
          [forged, huge].map(({ requestId }, at) => ({
            code: 2002,
            message: messages[at],
            request_id: requestId,
          })),
        );
    },
  );
});
