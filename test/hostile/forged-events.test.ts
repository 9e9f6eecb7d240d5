import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kits, providerNames as names, onlyWakesUp } from "../kits/kits.ts";
import type { Notified } from "../kits/signer.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { openSigners, type Signers, startSigningProxies } from "../steps/provider-signers.ts";
import { openRows, type Row, type Rows } from "../steps/rows.ts";
import { postWebhook, type SignedCall } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { withCrc32 } from "../steps/with-crc32.ts";
import { openWorld, type World } from "../steps/world.ts";

type Name = keyof Signers;
const pairs = names.flatMap((signer) => names.map((other) => [signer, other] as const));

/** For each provider: an open order, an open order in another currency, and a settled order with its event. */
type Orders = Record<
  Name,
  { open: string; external: string; paid: string; proof: SignedCall; trade: string }
>;

let world: World;
let rows: Rows;
let api: Api;
let proxies: Awaited<ReturnType<typeof startSigningProxies>>;
let ours: Signers;
let rivals: Signers;
const orders = {} as Orders;

beforeAll(async () => {
  world = await openWorld();
  proxies = await startSigningProxies(world);
  rows = await openRows();
  const [shop, rival] = [await world.openShop(), await world.openShop()];
  api = apiOf(world, shop);
  ours = await openSigners(world, shop, proxies.baseUrls);
  rivals = await openSigners(world, rival, proxies.baseUrls);
  // The simulators send no webhooks: the test signs them.
  for (const name of names) await simulatorOf(world, name).faults({ lose: true });
  for (const name of names) {
    const open = await create(name);
    const external = await create(name);
    await rows.query("UPDATE payment_orders SET currency = 'HKD' WHERE order_no = ?", [external]);
    orders[name] = { open, external, paid: await create(name), proof: { body: "", headers: {} }, trade: "" };
  }
  for (const signer of [...Object.values(ours), ...Object.values(rivals)]) await signer.swapKeys?.();
  for (const name of names) await settle(name);
});
afterAll(async () => {
  await rows.close();
  proxies.stop();
  await world.stop();
});

async function create(provider: Name): Promise<string> {
  const { status, data } = await api.create(anOrder({ provider, ...ours[provider].input }));
  expect(status).toBe(200);
  return String(data.order_no);
}

/** The control case: a correctly signed true event settles its order, and the merchant is notified once. */
async function settle(name: Name): Promise<void> {
  const order = orders[name];
  order.proof = ours[name].paid({ orderNo: order.paid });
  if (onlyWakesUp(name)) await simulatorOf(world, name).payUnopened(order.paid);
  expect((await post(ours[name].path, order.proof)).status).toBeLessThan(300);
  await world.queues.drain();
  const row = await rows.order(order.paid);
  expect(row).toMatchObject({ status: "success" });
  order.trade = String(row.trade_no);
  expect(await notified(order.paid)).toHaveLength(1);
}

const post = (path: string, call: SignedCall) => postWebhook(world, path, call);
const notified = async (orderNo: string) =>
  (await api.inbox()).filter(({ body }) => JSON.parse(body).order_no === orderNo);

/** An order's row without its poll times, which a wake-up may change, and its deliveries and status changes. */
async function stateOf(orderNo: string): Promise<Row> {
  const { next_poll_at, polled_at, poll_count, unanswered_since, ...state } = await rows.order(orderNo);
  const notifications = (await rows.notifications(orderNo)).map(({ id }) => id);
  return { ...state, notifications, moves: await rows.statusLogs(orderNo) };
}

/** Expects that `act` changes neither the order nor the notifications of it. */
async function expectUnmoved(orderNo: string, act: () => Promise<void>): Promise<void> {
  const before = await stateOf(orderNo);
  const inbox = await notified(orderNo);
  await act();
  await world.queues.drain();
  expect(await stateOf(orderNo)).toEqual(before);
  expect(await notified(orderNo)).toEqual(inbox);
}

const written = () => rows.query("CHECKSUM TABLE webhook_events, anomalies, payment_orders, deliveries");

/** Expects that the webhook is refused and nothing is written. */
async function expectRefused(path: string, call: SignedCall): Promise<void> {
  const before = await written();
  expect([400, 401]).toContain((await post(path, call)).status);
  expect(await written()).toEqual(before);
}

/** Expects that a validly signed event is acknowledged and raises a mismatch; one that proves nothing only triggers a fetch. */
async function expectAnomaly(signer: Name, orderNo: string, call: SignedCall): Promise<void> {
  const { config_id: configId } = await rows.order(orderNo);
  const isOurs = configId === ours[signer].configId;
  const before = isOurs ? await rows.anomalies(String(configId)) : [];
  expect((await post(ours[signer].path, call)).status).toBeLessThan(300);
  // The anomaly belongs to the config of the order, whichever config received the event.
  const raised = (await rows.anomalies(String(configId)))
    .filter(({ order_no }) => order_no === orderNo)
    .slice(before.filter(({ order_no }) => order_no === orderNo).length);
  if (onlyWakesUp(signer) && isOurs) expect(raised).toEqual([]);
  else expect(raised.map(({ kind }) => kind)).toContain("mismatch");
}

const truncated = ({ body, headers }: SignedCall) => ({ body: body.slice(0, body.length / 2), headers });

function bitFlipped({ body, headers }: SignedCall): SignedCall {
  const bytes = Buffer.from(body);
  const at = Math.floor(bytes.length / 4);
  bytes[at] = bytes[at]! ^ 1;
  return { body: bytes.toString(), headers };
}

describe.each(pairs)("%s events about %s orders", (signer, owner) => {
  const about = `an event of ${signer} about an order of ${owner}`;
  const open = () => orders[owner].open;
  const event = (changes: Partial<Notified> = {}) => ours[signer].paid({ orderNo: open(), ...changes });

  it(`a forged event is refused: of ${owner}, with the signature of another ${signer} event`, () =>
    expectUnmoved(open(), async () => {
      const honest = ours[owner].paid({ orderNo: open() });
      const other = signer === owner ? rivals[signer] : ours[signer];
      const signature = other.signature(other.paid({ orderNo: open() }));
      await expectRefused(ours[owner].path, ours[owner].withSignature(honest, signature));
    }));

  it(`${about} sent to another merchant's config, or signed for it, changes nothing`, () =>
    expectUnmoved(open(), async () => {
      await expectRefused(rivals[owner].path, event());
      const stolen = rivals[signer].paid({ orderNo: open() });
      expect((await post(rivals[signer].path, stolen)).status).toBeLessThan(300);
    }));

  it(`${about} for another account settles nothing`, () =>
    expectUnmoved(open(), () => expectAnomaly(signer, open(), event({ account: "acct9999999999" }))));

  it.each([1233, 1235, 0])(`nothing is settled with the amount %i by ${about}`, (minor) =>
    expectUnmoved(open(), async () => {
      // Where no payment can be of 0, a notification of one is unreadable, which raises an alarm but no anomaly.
      const isUnreadable = minor === 0 && kits[signer].zeroIsUnreadable;
      if (!isUnreadable) return expectAnomaly(signer, open(), event({ minor }));
      expect((await post(ours[signer].path, event({ minor }))).status).toBeLessThan(300);
    }),
  );

  it(`${about} in another currency settles nothing`, () =>
    expectUnmoved(orders[owner].external, () =>
      expectAnomaly(signer, orders[owner].external, event({ orderNo: orders[owner].external })),
    ));

  it(`${about} with the transaction of another order settles nothing`, () =>
    expectUnmoved(open(), () => expectAnomaly(signer, open(), event({ tradeNo: orders[signer].trade }))));

  it(`${about} without a signature is refused`, () =>
    expectUnmoved(open(), () => expectRefused(ours[signer].path, ours[signer].withSignature(event(), null))));

  it(`${about} cut in half is refused`, () =>
    expectUnmoved(open(), () => expectRefused(ours[signer].path, truncated(event()))));

  it(`${about} with one bit flipped is refused`, () =>
    expectUnmoved(open(), () => expectRefused(ours[signer].path, bitFlipped(event()))));
});

describe.each(pairs)("late %s events at the %s webhook", (signer, at) => {
  /** The event's own webhook acknowledges it, another provider's refuses it; neither changes anything. */
  const send = async (call: SignedCall) => {
    if (signer !== at) return expectRefused(ours[at].path, call);
    expect((await post(ours[at].path, call)).status).toBeLessThan(300);
  };
  const paid = () => orders[signer].paid;

  it(`a replayed event changes nothing and notifies nobody: of ${signer}, at the ${at} webhook`, () =>
    expectUnmoved(paid(), () => send(orders[signer].proof)));

  it(`an event of ${signer} sent three times to the ${at} webhook changes nothing and notifies nobody`, () =>
    expectUnmoved(paid(), async () => {
      if (signer !== at) return send(orders[signer].proof);
      const answers = await Promise.all([1, 2, 3].map(() => post(ours[at].path, orders[signer].proof)));
      for (const { status } of answers) expect(status).toBeLessThan(300);
    }));

  it(`an earlier ${signer} event that arrives last at the ${at} webhook changes nothing`, () =>
    expectUnmoved(paid(), () => send(ours[signer].earlier(paid()))));
});

// PayPal signs only the CRC-32 of a body, so a forged body can keep the signature.
describe("PayPal bodies with the same CRC-32", () => {
  it("a PayPal event with a forged body only triggers a fetch", () =>
    expectUnmoved(orders.paypal.open, async () => {
      const { body, headers } = orders.paypal.proof;
      const about = body.replaceAll(orders.paypal.paid, orders.paypal.open);
      const forged = withCrc32(about, crc32(body));
      expect(crc32(forged)).toBe(crc32(body));
      expect((await post(ours.paypal.path, { body: forged, headers })).status).toBe(200);
      const { calls } = simulatorOf(world, "paypal");
      const before = (await calls()).length;
      await world.queues.drain();
      expect((await calls()).slice(before).some(({ path }) => path.startsWith("/v2/checkout/orders/"))).toBe(
        true,
      );
    }));
});
