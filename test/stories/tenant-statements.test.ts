import { afterAll, beforeAll, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { startDatabaseProxy } from "../steps/database-proxy.ts";
import { invoke } from "../steps/front.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { simulatorOf, until } from "../steps/simulator.ts";
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
  "payment_orders|payment_attempts|payment_logs|payment_configs|refunds|notify_queue|notify_attempts|webhook_events|anomalies|api_keys|users";
/** A table whose rows are asked for or changed; `, ` before one is a further table of an UPDATE. */
const named = new RegExp(`(\\bfrom|\\bjoin|\\bupdate|,) \`?(${tables})\`?(?!\\.)`, "gi");
/** By its id, a merchant's own row. */
const ofMerchant = /`user_id` = '\d+'|`(users|u)`\.`id` = '\d+'/g;
/** Sub-queries by an endpoint, which is one merchant's URL. */
const ofEndpoint = /FROM notify_queue (n|held)\s+WHERE \1\.endpoint = /g;

/** Statements that are asked for no merchant, and why they may be. */
const exempt: Record<string, RegExp> = {
  "a webhook's URL names a config, whose merchant is then the one":
    /from `payment_configs` where `id` = '\d+'$/,
  "the page to which a buyer returns knows an order number only":
    /where `order_no` = '\w+' and `provider` = /,
  "what is old is forgotten, whosever it is": /DELETE FROM `\w+` WHERE `\w+_at` < /,
  "sweepers work for all": /where `next_query_at` <= |ROW_NUMBER|`config_data` not like /,
  "a sweeper matches facts to orders, each of the fact's own merchant":
    /from `unmatched_facts` as `f` .* and `o`\.`user_id` = `f`\.`user_id`/,
  "what a sweeper has found, it marks": /(update|from) `notify_queue` .*where `id` in \(/,
  "an endpoint is one merchant's URL": /where (`n`\.)?`endpoint` = /,
};

/** Every table that is named, in a join or a sub-query too, must be asked for this merchant's rows. */
const forNobody = (statement: string) => {
  const tables = statement.replace(ofEndpoint, "").match(named) ?? [];
  const merchants = statement.match(ofMerchant) ?? [];
  return tables.length > merchants.length && !Object.values(exempt).some((why) => why.test(statement));
};

async function created(provider: string, wanted: Data = {}): Promise<Data> {
  const { status, data } = await api.create(anOrder({ provider, ...wanted }));
  expect(status).toBe(200);
  return data;
}

async function later(seconds: number) {
  await world.passes(seconds);
  await world.queues.drain();
}

async function madeInTheConsole(provider: string, orderNo: string) {
  const before = Number((await api.query(orderNo)).data.refunded_amount);
  await simulatorOf(world, provider).refund(orderNo, "10.00");
  await until(async () => Number((await api.query(orderNo)).data.refunded_amount) === before + 10);
}

/** Everything that a merchant, a provider, a queue or the clock can bring about. */
async function everything(): Promise<void> {
  const refunds = refundsOf(api);
  for (const provider of ["alipay", "wechat", "stripe", "paypal"]) {
    const simulator = simulatorOf(world, provider);
    const closed = await created(provider, provider === "wechat" ? { scene: "native" } : {});
    await api.close(String(closed.order_no));
    const open = await created(provider);
    await later(20);
    await api.query(String(open.order_no));
    await api.timeline(String(open.order_no));
    // The answer to the create is lost, so that it is repeated.
    await simulator.faults({ timeout_after_success: true });
    const wanted = anOrder({ provider });
    await api.create(wanted);
    await simulator.faults({});
    await later(13);
    await api.create(wanted);
  }
  const orderNo = await paidOrder(world, api, "stripe");
  await api.call("POST", `/api/v1/payment/notify/resend/${orderNo}`);
  await refunds.ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "5.00" });
  const refundNo = aRefundNo();
  await simulatorOf(world, "stripe").tell("refund-result", { status: "pending" });
  await refunds.ask({ order_no: orderNo, refund_no: refundNo, amount: "30.00" });
  await later(20);
  await refunds.now(refundNo);
  await madeInTheConsole("stripe", orderNo);
  // Alipay tells totals, PayPal wants its money to be taken.
  await madeInTheConsole("alipay", await paidOrder(world, api, "alipay"));
  const { order_no: approved } = await created("paypal");
  await simulatorOf(world, "paypal").approve(String(approved));
  await later(20);
  await api.call("GET", "/api/v1/payment/list");
  await invoke("sweep", {});
  await later(7_200);
}

it("every statement on a merchant's rows names the merchant", async () => {
  const from = proxy.statements.length;
  await everything();
  const statements = proxy.statements.slice(from);
  expect(statements.length).toBeGreaterThan(300);
  expect([...new Set(statements.filter(forNobody))]).toEqual([]);
});
