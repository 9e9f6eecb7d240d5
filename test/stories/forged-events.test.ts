import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { startPaypalProxy } from "../steps/paypal-proxy.ts";
import { type Hands, openHands, type Told } from "../steps/provider-hands.ts";
import { openRows, type Row, type Rows } from "../steps/rows.ts";
import { postWebhook, type SignedCall } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { withCrc32 } from "../steps/with-crc32.ts";
import { openWorld, type World } from "../steps/world.ts";

type Name = keyof Hands;
const names: Name[] = ["alipay", "wechat", "stripe", "paypal"];
const pairs = names.flatMap((signer) => names.map((other) => [signer, other] as const));

/** Of each provider: an open order, one that is open in another currency, and one that is settled. */
type Orders = Record<Name, { open: string; foreign: string; paid: string; proof: SignedCall; trade: string }>;

let world: World;
let rows: Rows;
let api: Api;
let proxy: Awaited<ReturnType<typeof startPaypalProxy>>;
let ours: Hands;
let rivals: Hands;
const orders = {} as Orders;

beforeAll(async () => {
  world = await openWorld();
  proxy = await startPaypalProxy(world.sandbox.simulators.paypal);
  process.env.PROVIDER_BASE_URLS = JSON.stringify({ ...world.sandbox.simulators, paypal: proxy.url });
  rows = await openRows();
  const [shop, rival] = [await world.openShop(), await world.openShop()];
  api = apiOf(world, shop);
  const [own, other] = [
    await openHands(world, shop, proxy.certUrl),
    await openHands(world, rival, proxy.certUrl),
  ];
  ours = own.hands;
  rivals = other.hands;
  // What the simulators themselves say of the orders is no part of this story.
  for (const name of names) await simulatorOf(world, name).faults({ lose: true });
  for (const name of names) {
    const open = await create(name);
    const foreign = await create(name);
    await rows.query("UPDATE payment_orders SET currency = 'HKD' WHERE order_no = ?", [foreign]);
    orders[name] = { open, foreign, paid: await create(name), proof: { body: "", headers: {} }, trade: "" };
  }
  await own.swapKeys();
  await other.swapKeys();
  for (const name of names) await settle(name);
});
afterAll(async () => {
  await rows.close();
  proxy.stop();
  await world.stop();
});

async function create(provider: Name): Promise<string> {
  const { status, data } = await api.create(anOrder({ provider, ...ours[provider].wanted }));
  expect(status).toBe(200);
  return String(data.order_no);
}

/** The control of the whole table: what is signed and true settles, and is told once. */
async function settle(name: Name): Promise<void> {
  const order = orders[name];
  order.proof = ours[name].paid({ orderNo: order.paid });
  if (name === "paypal") await simulatorOf(world, name).approve(order.paid);
  expect((await post(ours[name].path, order.proof)).status).toBeLessThan(300);
  await world.queues.drain();
  const row = await rows.order(order.paid);
  expect(row).toMatchObject({ status: "success" });
  order.trade = String(row.trade_no);
  expect(await told(order.paid)).toHaveLength(1);
}

const post = (path: string, call: SignedCall) => postWebhook(world, path, call);
const told = async (orderNo: string) =>
  (await api.inbox()).filter(({ body }) => JSON.parse(body).order_no === orderNo);

/** Everything but when it is, or was, looked up: a hint may cause that. */
async function stateOf(orderNo: string): Promise<Row> {
  const { next_query_at, looked_up_at, look_ups, unanswered_since, ...state } = await rows.order(orderNo);
  const notifications = (await rows.notifications(orderNo)).map(({ id }) => id);
  return { ...state, notifications, moves: await rows.statusLogs(orderNo) };
}

/** Whatever comes of these events: the order stays as it is, and nothing of it is told. */
async function expectUnmoved(orderNo: string, act: () => Promise<void>): Promise<void> {
  const before = await stateOf(orderNo);
  const inbox = await told(orderNo);
  await act();
  await world.queues.drain();
  expect(await stateOf(orderNo)).toEqual(before);
  expect(await told(orderNo)).toEqual(inbox);
}

const written = () => rows.query("CHECKSUM TABLE webhook_events, anomalies, payment_orders, notify_queue");

/** Neither believed nor written down. */
async function expectRefused(path: string, call: SignedCall): Promise<void> {
  const before = await written();
  expect([400, 401]).toContain((await post(path, call)).status);
  expect(await written()).toEqual(before);
}

/** Truly signed, so acknowledged; what does not fit our books is an anomaly, unless PayPal is asked for the facts. */
async function expectAnomaly(signer: Name, orderNo: string, call: SignedCall): Promise<void> {
  const { config_id: configId } = await rows.order(orderNo);
  const isOurs = configId === ours[signer].configId;
  const before = isOurs ? await rows.anomalies(String(configId)) : [];
  expect((await post(ours[signer].path, call)).status).toBeLessThan(300);
  // It stands with the config of the order, whoever was told.
  const raised = (await rows.anomalies(String(configId)))
    .filter(({ order_no }) => order_no === orderNo)
    .slice(before.filter(({ order_no }) => order_no === orderNo).length);
  if (signer === "paypal" && isOurs) expect(raised).toEqual([]);
  else expect(raised.map(({ kind }) => kind)).toContain("mismatch");
}

const truncated = ({ body, headers }: SignedCall) => ({ body: body.slice(0, body.length / 2), headers });

function bitFlipped({ body, headers }: SignedCall): SignedCall {
  const bytes = Buffer.from(body);
  const at = Math.floor(bytes.length / 4);
  bytes[at] = bytes[at]! ^ 1;
  return { body: bytes.toString(), headers };
}

describe.each(pairs)("an event of %s about an order of %s", (signer, owner) => {
  const open = () => orders[owner].open;
  const event = (changes: Partial<Told> = {}) => ours[signer].paid({ orderNo: open(), ...changes });

  it("with another's signature is refused", () =>
    expectUnmoved(open(), async () => {
      const honest = ours[owner].paid({ orderNo: open() });
      const stranger = signer === owner ? rivals[signer] : ours[signer];
      const signature = stranger.signature(stranger.paid({ orderNo: open() }));
      await expectRefused(ours[owner].path, ours[owner].withSignature(honest, signature));
    }));

  it("at another merchant's config is refused, and signed by that merchant's provider it moves nothing", () =>
    expectUnmoved(open(), async () => {
      await expectRefused(rivals[owner].path, event());
      const stolen = rivals[signer].paid({ orderNo: open() });
      expect((await post(rivals[signer].path, stolen)).status).toBeLessThan(300);
    }));

  it("for another account settles nothing", () =>
    expectUnmoved(open(), () => expectAnomaly(signer, open(), event({ account: "acct9999999999" }))));

  it.each([1233, 1235, 0])("of the amount %i settles nothing", (minor) =>
    expectUnmoved(open(), async () => {
      // WeChat Pay has no payment of nothing: a notice of one cannot be read, which is an alarm and no anomaly.
      const isUnreadable = signer === "wechat" && minor === 0;
      if (!isUnreadable) return expectAnomaly(signer, open(), event({ minor }));
      expect((await post(ours[signer].path, event({ minor }))).status).toBeLessThan(300);
    }),
  );

  it("in another currency settles nothing", () =>
    expectUnmoved(orders[owner].foreign, () =>
      expectAnomaly(signer, orders[owner].foreign, event({ orderNo: orders[owner].foreign })),
    ));

  it("with the payment of another order settles nothing", () =>
    expectUnmoved(open(), () => expectAnomaly(signer, open(), event({ tradeNo: orders[signer].trade }))));

  it("without a signature is refused", () =>
    expectUnmoved(open(), () => expectRefused(ours[signer].path, ours[signer].withSignature(event(), null))));

  it("cut in half is refused", () =>
    expectUnmoved(open(), () => expectRefused(ours[signer].path, truncated(event()))));

  it("with one bit flipped is refused", () =>
    expectUnmoved(open(), () => expectRefused(ours[signer].path, bitFlipped(event()))));
});

describe.each(pairs)("a true event of %s, after the payment, at the webhook of %s", (signer, at) => {
  /** Acknowledged where it belongs, refused elsewhere; it moves nothing in either. */
  const send = async (call: SignedCall) => {
    if (signer !== at) return expectRefused(ours[at].path, call);
    expect((await post(ours[at].path, call)).status).toBeLessThan(300);
  };
  const paid = () => orders[signer].paid;

  it("replayed changes nothing and is not told again", () =>
    expectUnmoved(paid(), () => send(orders[signer].proof)));

  it("duplicated changes nothing and is not told again", () =>
    expectUnmoved(paid(), async () => {
      if (signer !== at) return send(orders[signer].proof);
      const answers = await Promise.all([1, 2, 3].map(() => post(ours[at].path, orders[signer].proof)));
      for (const { status } of answers) expect(status).toBeLessThan(300);
    }));

  it("reordered, so that an earlier one comes last, changes nothing and tells nothing", () =>
    expectUnmoved(paid(), () => send(ours[signer].earlier(paid()))));
});

describe("PayPal's signature, which covers 32 bits of the body only,", () => {
  it("on another body with the same CRC-32 settles nothing: PayPal is asked", () =>
    expectUnmoved(orders.paypal.open, async () => {
      const { body, headers } = orders.paypal.proof;
      const about = body.replaceAll(orders.paypal.paid, orders.paypal.open);
      const forged = withCrc32(about, crc32(body));
      expect(crc32(forged)).toBe(crc32(body));
      expect((await post(ours.paypal.path, { body: forged, headers })).status).toBe(200);
      const asked = simulatorOf(world, "paypal").calls;
      const before = (await asked()).length;
      await world.queues.drain();
      expect((await asked()).slice(before).some(({ path }) => path.startsWith("/v2/checkout/orders/"))).toBe(
        true,
      );
    }));
});
