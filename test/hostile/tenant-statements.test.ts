import { afterAll, beforeAll, expect, it } from "vitest";
import { kits, providerNames } from "../kits/kits.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { startDatabaseProxy } from "../steps/database-proxy.ts";
import { invoke } from "../steps/front.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";
import { testDatabase } from "../storage/connections.ts";

let proxy: Awaited<ReturnType<typeof startDatabaseProxy>>;
let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  proxy = await startDatabaseProxy(await testDatabase());
  const url = new URL(process.env.DATABASE_URL!);
  process.env.DATABASE_URL = Object.assign(url, { port: String(proxy.port) }).href;
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
});
afterAll(async () => {
  await world.stop();
  proxy.stop();
});

const tables =
  "payment_orders|provider_requests|payment_logs|payment_configs|refunds|deliveries|delivery_attempts|webhook_events|anomalies|api_keys|users";
/** A table whose rows are read or changed; `, ` precedes a further table of an UPDATE. */
const named = new RegExp(`(\\bfrom|\\bjoin|\\bupdate|,) \`?(${tables})\`?(?!\\.)`, "gi");
/** A condition on the merchant; a row of `users` has it in its `id`. */
const ofMerchant = /`user_id` = '\d+'|`(users|u)`\.`id` = '\d+'/g;
/** Subqueries by endpoint: an endpoint is the URL of one merchant. */
const ofEndpoint = /FROM deliveries (n|held)\s+WHERE \1\.endpoint = /g;

/** Statements that name no merchant, and why they need not. */
const exempt: Record<string, RegExp> = {
  "a webhook URL names a config, which determines the merchant": /from `payment_configs` where `id` = '\d+'$/,
  "the buyer's return page knows only an order number": /where `order_no` = '\w+' and `provider` = /,
  "old rows of all merchants are purged": /DELETE FROM `\w+` WHERE `\w+_at` < /,
  "the sweep works for all merchants": /where `next_poll_at` <= |ROW_NUMBER|`config_data` not like /,
  "the sweep matches stored events to orders of their merchant":
    /from `unmatched_facts` as `f` .* and `o`\.`user_id` = `f`\.`user_id`/,
  "the sweep marks the deliveries that it has found": /(update|from) `deliveries` .*where `id` in \(/,
  "an endpoint is the URL of one merchant": /where (`n`\.)?`endpoint` = /,
};

/** True if a table, in a join or a subquery too, has no condition on the merchant and no reason to lack it. */
const lacksMerchant = (statement: string) => {
  const tables = statement.replace(ofEndpoint, "").match(named) ?? [];
  const merchants = statement.match(ofMerchant) ?? [];
  return tables.length > merchants.length && !Object.values(exempt).some((why) => why.test(statement));
};

async function created(provider: string, input: Data = {}): Promise<Data> {
  const { status, data } = await api.create(anOrder({ provider, ...input }));
  expect(status).toBe(200);
  return data;
}

async function later(seconds: number) {
  await world.passes(seconds);
  await world.queues.drain();
}

async function refundInDashboard(provider: string, orderNo: string) {
  const before = Number((await api.query(orderNo)).data.refunded_amount);
  await simulatorOf(world, provider).refund(orderNo, "10.00");
  await until(async () => Number((await api.query(orderNo)).data.refunded_amount) === before + 10);
}

/** Everything that a merchant, a provider, a queue or the clock can trigger. */
async function everything(): Promise<void> {
  const refunds = refundsOf(api);
  for (const provider of providerNames) {
    const simulator = simulatorOf(world, provider);
    const closed = await created(provider, { scene: Object.keys(kits[provider].contract.scenes)[0] });
    await api.close(String(closed.order_no));
    const open = await created(provider);
    await later(20);
    await api.query(String(open.order_no));
    await api.timeline(String(open.order_no));
    // The response to the create is lost, so the create is repeated.
    await simulator.faults({ timeout_after_success: true });
    const input = anOrder({ provider });
    await api.create(input);
    await simulator.faults({});
    await later(13);
    await api.create(input);
  }
  const orderNo = await paidOrder(world, api, "stripe");
  await api.call("POST", `/api/v1/payment/notify/resend/${orderNo}`);
  await refunds.ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "5.00" });
  const refundNo = aRefundNo();
  await simulatorOf(world, "stripe").tell("refund-result", { status: "pending" });
  await refunds.ask({ order_no: orderNo, refund_no: refundNo, amount: "30.00" });
  await later(20);
  await refunds.now(refundNo);
  await refundInDashboard("stripe", orderNo);
  // Alipay reports refunds as totals; a PayPal payment has to be captured.
  await refundInDashboard("alipay", await paidOrder(world, api, "alipay"));
  const { order_no: approved } = await created("paypal");
  await simulatorOf(world, "paypal").approve(String(approved));
  await later(20);
  await api.call("GET", "/api/v1/payment/list");
  await invoke("sweep", {});
  await later(7_200);
}

it("every SQL statement on a merchant's rows names the merchant", async () => {
  const from = proxy.statements.length;
  await everything();
  const statements = proxy.statements.slice(from);
  expect(statements.length).toBeGreaterThan(300);
  expect([...new Set(statements.filter(lacksMerchant))]).toEqual([]);
});
