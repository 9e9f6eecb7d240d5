import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kits, providerNames as providers } from "../kits/kits.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { apiCallLines, handOver } from "../steps/api-calls.ts";
import { authorizationsOf, namesIn, secretsOf } from "../steps/canaries.ts";
import { type LogLine, logOf } from "../steps/captured-log.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

/** Simulator faults: each breaks the provider's responses or webhooks. */
const faults: Record<string, object> = {
  "HTTP 400": { status: 400 },
  "HTTP 401": { status: 401 },
  "HTTP 403": { status: 403 },
  "HTTP 429": { retry_after: 1 },
  "HTTP 500": { status: 500 },
  "an HTML page": { html: true },
  "an HTML page with 502": { html: true, status: 502 },
  "no signature": { unsigned: true },
  "a lost response": { timeout_after_success: true },
  "a changed webhook": { tamper: true },
  "a webhook with another amount": { wrong_amount: true },
  "no fault": {},
};

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
const paid: Record<string, string> = {};
/** What others than the gateway and the providers can see, as text. */
const seen = { answers: "", log: "", queues: "" };
const called: LogLine[] = [];

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  seen.log += JSON.stringify(
    await logOf(async () => {
      shop = await world.openShop();
      api = apiOf(world, shop);
      for (const provider of providers) paid[provider] = await paidOrder(world, api, provider);
    }),
  );
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

/** Reads the messages in the queues without removing them. */
async function receiveAll(): Promise<void> {
  const client = new SQSClient({ endpoint: process.env.SQS_ENDPOINT! });
  for (const QueueUrl of [world.queues.notifyUrl, world.queues.pollUrl]) {
    const input = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
    seen.queues += JSON.stringify((await client.send(new ReceiveMessageCommand(input))).Messages ?? []);
  }
  client.destroy();
}

async function canaries(): Promise<Map<string, string>> {
  return new Map([...secretsOf(shop), ...(await authorizationsOf(world, providers))]);
}

describe.each(providers)("calls through %s", (provider) => {
  it.each(Object.entries(faults))(
    `every kind of ${provider} call is made and captured with %s`,
    async (_name, fault) => {
      const simulator = simulatorOf(world, provider);
      const refunds = refundsOf(api);
      const answers: unknown[] = [];
      const log = await logOf(async () => {
        const open = await api.create(anOrder({ provider }));
        await simulator.faults(fault);
        const input = { order_no: paid[provider], refund_no: aRefundNo(), amount: "1.00" };
        const created = await api.create(anOrder({ provider }));
        const orderNo = String(created.data?.order_no ?? created.order_no);
        answers.push(open, created, await refunds.ask(input), await refunds.ask(input));
        answers.push(await api.query(orderNo), await api.close(String(open.data.order_no)));
        if (created.data) await simulator.pay(created.data);
        const config_id = shop.configs[provider];
        const merchant = shop.username;
        answers.push(await world.ops("config check", { merchant, config_id }).catch(String));
        await world.passes(16);
        await receiveAll();
        await world.queues.drain();
        answers.push(await api.timeline(orderNo), await refunds.now(input.refund_no));
        answers.push(await api.query(paid[provider]!));
        await simulator.faults({});
      });
      seen.log += JSON.stringify(log);
      called.push(...apiCallLines(log));
      seen.answers += JSON.stringify(answers);
      expect(log.length).toBeGreaterThan(5);
      expect(JSON.stringify(answers)).toContain(paid[provider]);
    },
  );
});

describe("credentials and signatures as canaries", () => {
  it("there is a canary of every kind, and each one planted in a text is found", async () => {
    const all = await canaries();
    const names = [...all.keys()].join("\n");
    for (const kind of ["API key", "notification secret"]) expect(names).toContain(kind);
    for (const provider of providers) {
      expect(names).toContain(`${provider} `);
      expect(names.includes(`${provider} authorization`)).toBe(kits[provider].authorizes);
    }
    for (const [name, value] of all) {
      expect(namesIn(`a ${value} b`, new Map([[name, value]]))).toEqual([name]);
      expect(namesIn(encodeURIComponent(value), new Map([[name, value]]))).toEqual([name]);
    }
  });

  it("no credential or signature occurs in a log line", async () => {
    expect(seen.log.length).toBeGreaterThan(10_000);
    expect(namesIn(seen.log, await canaries())).toEqual([]);
  });

  it("no credential or signature occurs in a response of the API or to an operator", async () => {
    expect(seen.answers.length).toBeGreaterThan(10_000);
    expect(namesIn(seen.answers, await canaries())).toEqual([]);
  });

  it("no credential or signature occurs in a queue message", async () => {
    expect(seen.queues).toContain("order_no");
    expect(namesIn(seen.queues, await canaries())).toEqual([]);
  });

  it("no credential or signature occurs unencrypted in the database", async () => {
    await handOver(called);
    const text = await rows.allText();
    expect(text).toContain(Object.values(paid)[0]);
    expect(text).toContain(String(called[0]?.request_id));
    expect(namesIn(text, await canaries())).toEqual([]);
  });

  it("no credential or signature occurs in a notification to the merchant", async () => {
    const inbox = JSON.stringify((await api.inbox()).map(({ body, headers }) => [body, headers]));
    expect(inbox).toContain(Object.values(paid)[0]);
    expect(namesIn(inbox, await canaries())).toEqual([]);
  });
});
