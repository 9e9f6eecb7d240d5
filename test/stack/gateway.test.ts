import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functions } from "../../lib/functions.ts";
import { providers } from "../../lib/providers/registry.ts";
import { readAssembly } from "../../scripts/local/host/assembly.ts";
import { payDemoOrder } from "../../scripts/local/pay-demo-order.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { synth } from "../../scripts/synth.ts";
import { anOrder } from "../steps/api.ts";
import { until } from "../steps/until.ts";
import { startTestStack, type TestStack } from "./test-stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const routes = functions.flatMap(({ entry, routes = [] }) => routes.map((key) => ({ key, entry })));
const providerNames = Object.keys(providers);

describe("the synthesized API", () => {
  it("the synthesized API has exactly the routes of the functions", async () => {
    const synthesized = readAssembly(await synth("local")).ofType("AWS::ApiGatewayV2::Route");
    const keys = synthesized.map(({ properties }) => String(properties.RouteKey));
    expect(keys.toSorted()).toEqual(routes.map(({ key }) => key).toSorted());
  });

  it.each(routes)("the synthesized API routes $key to $entry", async ({ key, entry }) => {
    const [method = "", path = ""] = key === "$default" ? ["GET", "/nowhere"] : key.split(" ");
    const answer = await fetch(stack.host.url + path.replaceAll(/[{}]/g, ""), { method });
    await answer.arrayBuffer();
    const requestId = answer.headers.get("apigw-requestid");
    const line = await until(async () =>
      stack.log.find((written) => written.includes('"call"') && written.includes(`"${requestId}"`)),
    );
    expect(line).toContain(`[${entry}] {`);
    expect(line).toContain(`"http_status":${answer.status}`);
  });
});

describe("responses through the synthesized API", () => {
  async function call(method: string, path: string, body?: string) {
    const headers = { "x-api-key": stack.merchants[0]!.api_key, "content-type": "application/json" };
    const answer = await fetch(stack.host.url + path, { method, headers, ...(body && { body }) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  it("a successful response has the envelope's fields and no others", async () => {
    const { status, body } = await call("POST", "/api/v1/payment/create", JSON.stringify(anOrder()));
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["code", "message", "data", "request_id"]);
    expect(body).toMatchObject({ code: 0, message: "success", request_id: expect.stringMatching(/./) });
  });

  it("a failure response has no data and names the fields at fault", async () => {
    const input = JSON.stringify(anOrder({ amount: "-1", colour: "red" }));
    const { status, body } = await call("POST", "/api/v1/payment/create", input);
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual(["code", "message", "errors", "request_id"]);
    const { code, errors } = body as { code: number; errors: { field: string }[] };
    expect(code).toBe(1001);
    expect(errors.map(({ field }) => field).toSorted()).toEqual(["amount", "colour"]);
  });

  it("an unknown route answers with code 1004", async () => {
    const { status, body } = await call("GET", "/api/v1/payment/nothing");
    expect(status).toBe(404);
    expect(body).toEqual({ code: 1004, message: expect.any(String), request_id: expect.any(String) });
  });

  it("a merchant cannot query another merchant's payment through the synthesized API", async () => {
    const [mine, theirs] = stack.merchants.map((merchant) => stack.api(merchant));
    const { data } = await mine!.create(anOrder());
    expect(await theirs!.query(String(data.order_no))).toMatchObject({ status: 404, code: 2007 });
  });
});

describe.each(providerNames)("orders paid through %s", (provider) => {
  it(`an order paid through ${provider} is notified once, with a valid signature`, async () => {
    const api = stack.api();
    const input = anOrder({ provider, currency: simulators[provider]!.currency });
    const created = await api.create(input);
    expect(created).toMatchObject({ status: 200, code: 0 });
    const orderNo = String(created.data.order_no);
    await stack.simulator(provider).pay(created.data);

    const seen = await until(async () => {
      const { data } = await api.query(orderNo);
      return data.notify_status === "success" && data;
    });
    const [paid, ...more] = await stack.simulator(provider).payments(orderNo);
    expect(more).toEqual([]);
    expect(seen).toMatchObject({ status: "success", trade_no: paid?.trade_no, amount: 12.34 });

    const notified = await stack.notified(orderNo);
    expect(notified).toHaveLength(1);
    const { body, headers } = notified[0]!;
    expect(new Webhook(stack.merchants[0]!.webhook_secret).verify(body, headers)).toMatchObject({
      event: "payment.success",
      order_no: orderNo,
      out_trade_no: input.out_trade_no,
      trade_no: paid?.trade_no,
      amount: 12.34,
    });
    expect(() => new Webhook(stack.merchants[1]!.webhook_secret).verify(body, headers)).toThrow();
  });

  it(`the demo order of npm start is paid through ${provider} and refunded in part, with its timeline`, async () => {
    const { orderNo, timeline } = await payDemo(provider);
    const notified = (await stack.notified(orderNo)).map(({ body }) => JSON.parse(body).event);
    expect(notified).toEqual(["payment.success", "refund.success"]);
    const titles = timeline.map(({ title }) => title);
    expect(titles.slice(0, 2)).toEqual(["payment created", "can be paid"]);
    for (const event of notified) expect(titles).toContain(`${event}, attempt 1: received`);
  });
});

it("npm start says which call failed when a provider is down", async () => {
  await stack.simulator("stripe").faults({ status: 500 });
  await expect(payDemo("stripe")).rejects.toThrow(/^POST \/api\/v1\/payment\/create answered 50\d: /);
  await stack.simulator("stripe").faults({});
});

function payDemo(provider: string) {
  const simulator = String(stack.sandbox.simulators[provider]);
  return payDemoOrder(stack.host.url, simulator, stack.merchants[0]!, provider);
}
