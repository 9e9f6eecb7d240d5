import path from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { inject } from "vitest";
import type { DemoMerchant } from "../../scripts/local/demo-merchants.ts";
import { type Stack, startStack } from "../../scripts/local/start-stack.ts";
import { apiOf, type Data, type Delivery } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { keepMerchantsApart, post } from "../steps/world.ts";

/** The messages in a queue, as the queue server reports them. */
export type QueueState = { ready: object[]; delayed: { delayUntil: number }[]; inflight: object[] };

export type TestStack = Awaited<ReturnType<typeof startTestStack>>;

/** The gateway of `npm start`, as synthesized, on the test run's servers with queues and a sandbox of its own. */
export async function startTestStack() {
  await keepMerchantsApart();
  const log: string[] = [];
  const stack = await startStack({
    services: async () => servicesOfTheRun(),
    databaseUsers: "given",
    dir: path.join(inject("runFolder"), `stack-${process.pid}`),
    ports: { gateway: async () => 0, sandbox: async () => 0 },
    queuePrefix: process.env.QUEUE_PREFIX!,
    onLog: (line) => log.push(line),
  });
  return { ...stack, log, ...controlsOf(stack) };
}

/** The services that `test/setup.ts` has prepared for this worker. */
export function servicesOfTheRun() {
  const { DATABASE_URL, REDIS_URL, SQS_ENDPOINT, SQS_ADMIN } = process.env;
  return {
    DATABASE_URL: DATABASE_URL!,
    REDIS_URL: REDIS_URL!,
    SQS_ENDPOINT: SQS_ENDPOINT!,
    SQS_ADMIN: SQS_ADMIN!,
  };
}

/** Runs one statement on this worker's database. */
export async function query(sql: string, values: string[] = []): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: process.env.DATABASE_URL! });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql, values);
    return rows;
  } finally {
    await connection.end();
  }
}

/** The `order_no` of each order that this create request has made. */
export async function ordersOf({ out_trade_no }: Data): Promise<string[]> {
  const sql = "select order_no from payment_orders where out_trade_no = ?";
  return (await query(sql, [String(out_trade_no)])).map((row) => row.order_no);
}

function controlsOf({ host, sandbox, merchants }: Stack) {
  const queueName = (url: string) => url.split("/").at(-1);

  async function queue(url: string): Promise<QueueState> {
    const answer = await fetch(`${process.env.SQS_ADMIN}/queue/${queueName(url)}`);
    return ((await answer.json()) as { messages: QueueState }).messages;
  }

  return {
    api: (merchant: DemoMerchant = merchants[0]!) =>
      apiOf({ front: { url: host.url } }, { apiKey: merchant.api_key, inboxUrl: merchant.notify_inbox_url }),
    simulator: (provider: string) => simulatorOf({ sandbox }, provider),
    notifyQueue: () => queue(host.notifyQueueUrl),
    pollQueue: () => queue(host.pollQueueUrl),
    /** Moves every clock through the local endpoint at the gateway's port. */
    passes: (seconds: number) => post(`${host.url}/_local/clock`, { advance_ms: seconds * 1000 }),
    /** The notifications of an order that the merchant has received, oldest first. */
    async notified(orderNo: string, merchant: DemoMerchant = merchants[0]!): Promise<Delivery[]> {
      const answer = await fetch(merchant.notify_inbox_url);
      const { deliveries } = (await answer.json()) as { deliveries: Delivery[] };
      return deliveries.filter(({ body }) => JSON.parse(body).order_no === orderNo);
    },
    /** The process that is running the function now. */
    busy: (entry: string) =>
      until(async () => host.processes().find((process) => process.entry === entry && process.busy)),
  };
}
