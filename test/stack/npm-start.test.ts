import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { payDemoOrder } from "../../scripts/local/pay-demo-order.ts";
import { anOrder } from "../steps/api.ts";
import { until } from "../steps/until.ts";
import { localServer } from "../unit/outbound/local-server.ts";
import { killAll, npmStart, type StackFile, stillRunning } from "./npm-start.ts";

const origin = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/);
const patience = { timeout: 120_000 };

function payStripe({ gateway_url, simulators, merchants }: StackFile) {
  return payDemoOrder(gateway_url, simulators.stripe!, merchants[0]!, "stripe");
}

async function seen({ gateway_url, merchants }: StackFile, orderNo: string): Promise<{ status?: string }> {
  const headers = { "x-api-key": merchants[0]!.api_key };
  const answer = await fetch(`${gateway_url}/api/v1/payment/query/${orderNo}`, { headers });
  return ((await answer.json()) as { data: { status?: string } }).data;
}

it("npm start survives a second start, a dead database and a kill of all its processes", {
  timeout: 300_000,
}, async () => {
  const first = npmStart();
  await first.says(/^Up\. Ctrl-C stops everything/m);
  for (const provider of Object.keys(providers)) {
    expect(first.output()).toMatch(
      new RegExp(`${provider}: UNI[0-9A-Z]{29} is paid, refunded in part, and its merchant notified`),
    );
  }
  const stack = first.stack();
  expectDocumentedShape(stack);

  const second = npmStart({ folder: first.folder });
  expect(await second.exited).toBe(1);
  expect(second.output()).toContain(`already running from ${path.join(first.folder, "run")} (pid `);
  expect(first.stack()).toEqual(stack);
  expect(readFileSync(path.join(first.folder, "gateway.log"), "utf8")).toContain("[create-payment]");

  const database = first.processes().find(({ command }) => command.includes("--datadir="));
  killAll([database!]);
  await first.says(/database: died \(SIGKILL\)/);
  await first.says(/database: restarted \(pid \d+\)/);
  const { orderNo } = await payStripe(stack);

  const unpaid = await asMerchant(stack, "create", anOrder({ provider: "stripe" }));

  const before = first.processes();
  killAll(before);
  await first.exited;
  await until(async () => stillRunning(before, first.folder).length === 0);

  const again = npmStart({ folder: first.folder });
  await again.says(/^Up\./m);
  expect(again.stack().merchants.map(({ api_key }) => api_key)).toEqual(
    stack.merchants.map(({ api_key }) => api_key),
  );
  expect(await seen(again.stack(), orderNo)).toMatchObject({ status: "success" });

  // The simulators still have the paid payments and the unpaid one.
  const demoOrders = [...first.output().matchAll(/^ *[\d.]+ s +(\w+): (UNI[0-9A-Z]{29}) is paid/gm)];
  expect(demoOrders.map(([, provider]) => provider).sort()).toEqual(Object.keys(providers).sort());
  for (const [, provider, order_no] of demoOrders) {
    const refund = await asMerchant(again.stack(), "refund", { order_no, refund_no: `later-${provider}` });
    expect(["success", "processing"]).toContain(refund.status);
  }
  const body = JSON.stringify({ order_no: unpaid.order_no });
  await fetch(`${again.stack().simulators.stripe}/_sim/pay`, { method: "POST", body });
  await until(async () => (await seen(again.stack(), String(unpaid.order_no))).status === "success");

  const running = again.processes();
  again.signal("SIGINT");
  expect(await again.exited).toBe(130);
  expect(stillRunning(running, first.folder)).toEqual([]);
  expect(again.hasStackFile()).toBe(false);

  const fresh = npmStart({ folder: first.folder, args: ["--fresh"] });
  await fresh.says(/^Up\./m);
  const ledger = await (await fetch(`${fresh.stack().simulators.stripe}/_sim/payments`)).json();
  expect(ledger).toHaveLength(1);
  expect(await seen(fresh.stack(), orderNo)).toBeUndefined();
});

it("npm start --fresh clears no database that it does not own", patience, async () => {
  const start = npmStart({ args: ["--fresh"], onServicesOfTheRun: true });
  expect(await start.exited).toBe(2);
  expect(start.output()).toContain("--fresh clears the gateway's own database only");
});

async function asMerchant({ gateway_url, merchants }: StackFile, call: "create" | "refund", input: object) {
  const headers = { "x-api-key": merchants[0]!.api_key, "content-type": "application/json" };
  const url = `${gateway_url}/api/v1/payment/${call}`;
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(input) });
  const { data, message } = (await answer.json()) as { data?: Record<string, unknown>; message: string };
  if (!data) throw new Error(`${call}: ${message}`);
  return data;
}

it(
  "npm start lets NOTIFY_SERVER on this machine receive notifications, and no other http address",
  patience,
  async () => {
    const notified = await localServer(() => ({ status: 200 }));
    const server = new URL(notified.url).host;
    const start = npmStart({ onServicesOfTheRun: true, env: { NOTIFY_SERVER: server } });
    await start.says(/^Up\./m);
    const { gateway_url, merchants, simulators } = start.stack();
    const create = (notify_url: string) =>
      fetch(`${gateway_url}/api/v1/payment/create`, {
        method: "POST",
        headers: { "x-api-key": merchants[0]!.api_key, "content-type": "application/json" },
        body: JSON.stringify({ ...anOrder({ provider: "stripe" }), notify_url }),
      });
    expect((await create("http://127.0.0.1:9/notify")).status).toBe(400);
    const { data } = (await (await create(`http://${server}/notify`)).json()) as {
      data: { order_no: string };
    };
    const body = JSON.stringify({ order_no: data.order_no });
    await fetch(`${simulators.stripe}/_sim/pay`, { method: "POST", body });
    await until(async () => notified.calls.some(({ path }) => path === "/notify"));
  },
);

it("npm start refuses a NOTIFY_SERVER that is not on this machine", patience, async () => {
  const start = npmStart({ onServicesOfTheRun: true, env: { NOTIFY_SERVER: "shop.example:80" } });
  expect(await start.exited).toBe(1);
  expect(start.output()).toContain("NOTIFY_SERVER=shop.example:80 is not a host and port on this machine");
});

function expectDocumentedShape(stack: StackFile): void {
  const names = Object.keys(providers);
  const merchant = {
    user_id: expect.stringMatching(/^\d+$/),
    username: expect.stringMatching(/./),
    api_key: expect.stringMatching(/^ak_/),
    webhook_secret: expect.stringMatching(/^whsec_/),
    notify_inbox_url: expect.stringContaining(`${stack.sandbox_url}/inbox/`),
    configs: Object.fromEntries(names.map((name) => [name, expect.stringMatching(/^\d+$/)])),
  };
  expect(stack).toEqual({
    gateway_url: origin,
    sandbox_url: origin,
    shop_url: `${stack.sandbox_url}/shop`,
    database_url: expect.stringMatching(/^mysql:\/\/.+@127\.0\.0\.1:\d+\/gateway$/),
    redis_url: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+$/),
    sqs_endpoint: origin,
    notify_queue_url: expect.stringContaining(`${stack.sqs_endpoint}/000000000000/`),
    merchants: [merchant, merchant],
    simulators: Object.fromEntries(names.map((name) => [name, origin])),
  });
}
