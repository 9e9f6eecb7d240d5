import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import { shownRenewed } from "../../lib/payment/link.ts";
import { lookUp } from "../../lib/payment/look-up.ts";
import type { Leased } from "../../lib/payment/ports.ts";
import type { Started } from "../../lib/payment/provider.ts";
import type { Ends, Fault } from "../../lib/payment/refusal.ts";
import { startPayment } from "../../lib/payment/start-payment.ts";
import { withAdapter } from "../steps/adapters.ts";
import { anOrder } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { leasedOrder } from "../steps/leased-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let inChina: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  other = await world.openShop("alipay", "stripe");
  inChina = await world.openShop("wechat");
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

/** Keys under which a create went out, and with which bytes. */
type Sent = { key: string; prepared: unknown };

/** A provider that answers its creates like this, in turn; the last answer stays. */
function answering(...answers: (Started | Error)[]): { gateway: Gateway; sent: Sent[] } {
  const sent: Sent[] = [];
  const start = async (_payment: unknown, prepared: unknown, key: string): Promise<Started> => {
    sent.push({ key, prepared });
    const answer = answers[Math.min(sent.length, answers.length) - 1]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { gateway: withAdapter(gateway, () => ({ start })), sent };
}

const code = () => `CODE_${randomUUID().slice(0, 8)}`;
const refused = (fault: Fault, ends: Ends, listed: boolean): Started => {
  return { kind: "refused", error: { code: code(), message: "no" }, fault, ends, listed };
};
const unknown: Started = { kind: "unknown", why: "time-out" };

/** The same create once more, as a merchant's repeat or the next poll makes it. */
async function again(using: Gateway, { payment }: Leased): Promise<unknown> {
  await world.passes(13);
  const now = world.clock.now();
  const leased = await using.orders.takeOver(payment, randomUUID(), secondsAfter(now, 12), now);
  if (!leased) throw new Error("not taken over");
  return startPayment(using, leased).catch((error) => error);
}

async function sentTwice(...answers: (Started | Error)[]): Promise<[Sent, Sent]> {
  const { gateway: using, sent } = answering(...answers);
  const leased = await leasedOrder(gateway, shop, "processing");
  await startPayment(using, leased).catch((error) => error);
  await again(using, leased);
  return sent.slice(0, 2) as [Sent, Sent];
}

const codeOf = (answer: Started) =>
  answer.kind === "refused" ? answer.error.code : String("unlisted" in answer && answer.unlisted);

const anomaliesOf = (code: string) =>
  rows.query("SELECT * FROM anomalies WHERE kind = 'unlisted_refusal' AND detail LIKE ?", [`%${code}%`]);

describe("a create that is sent again", () => {
  // Stripe saves the status code and body of the first request made for a key, whether it succeeds or fails:
  // https://docs.stripe.com/api/idempotent_requests
  it.each([
    ["a merchant's refusal that is listed", refused("merchant", "nothing", true)],
    ["a refusal of the buyer's that ends this try", refused("buyer", "try", true)],
    ["a refusal of the provider's that ends this try", refused("provider", "try", true)],
    ["a refusal of the merchant's that ends this try", refused("merchant", "try", true)],
  ])("after %s has a new key and the same bytes", async (_name, answer) => {
    const [first, second] = await sentTwice(answer);
    expect(second.key).not.toBe(first.key);
    expect(second.prepared).toEqual(first.prepared);
  });

  it.each([
    ["no answer", unknown],
    ["an answer that holds an unlisted code", { ...unknown, unlisted: code() }],
    ["a refusal that is not listed", refused("merchant", "nothing", false)],
    ["a refusal of the provider's that ends nothing", refused("provider", "nothing", true)],
    ["an adapter that threw", new TypeError("a defect")],
  ])("after %s has the same key and the same bytes", async (_name, answer) => {
    const [first, second] = await sentTwice(answer);
    expect(second).toEqual(first);
  });

  it("after a listed refusal keeps its key while an earlier call was never answered", async () => {
    const { gateway: using, sent } = answering(unknown, refused("merchant", "nothing", true));
    const leased = await leasedOrder(gateway, shop, "processing");
    await startPayment(using, leased).catch((error) => error);
    await again(using, leased);
    await again(using, leased);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    expect(sent).toHaveLength(3);
  });

  it("after a listed refusal keeps its key where the first caller died without an answer", async () => {
    const { gateway: using, sent } = answering(refused("merchant", "nothing", true));
    const leased = await leasedOrder(gateway, shop, "processing");
    await again(using, leased);
    await again(using, leased);
    expect(new Set(sent.map(({ key }) => key))).toEqual(new Set([leased.attempt.idempotencyKey]));
  });

  it("after a listed refusal keeps its key where a caller who took it over died without an answer", async () => {
    const { gateway: using, sent } = answering(refused("merchant", "nothing", true));
    const leased = await leasedOrder(gateway, shop, "processing");
    await startPayment(using, leased).catch((error) => error);
    await world.passes(13);
    const now = world.clock.now();
    const dying = await gateway.orders.takeOver(leased.payment, randomUUID(), secondsAfter(now, 12), now);
    await again(using, leased);
    await again(using, leased);
    const renewed = dying!.attempt.idempotencyKey;
    expect(renewed).not.toBe(leased.attempt.idempotencyKey);
    expect(sent.map(({ key }) => key)).toEqual([leased.attempt.idempotencyKey, renewed, renewed]);
  });

  it("by who has lost the lease renews no key", async () => {
    const { gateway: using } = answering(refused("merchant", "nothing", true));
    const slow = await leasedOrder(gateway, shop, "processing");
    await world.passes(13);
    const now = world.clock.now();
    const fast = await gateway.orders.takeOver(slow.payment, randomUUID(), secondsAfter(now, 12), now);
    await startPayment(using, slow).catch((error) => error);
    const [row] = await rows.query("SELECT idempotency_key FROM payment_attempts WHERE order_id = ?", [
      slow.payment.id,
    ]);
    expect(row).toEqual({ idempotency_key: fast!.attempt.idempotencyKey });
  });

  it.each(["buyer", "request", "merchant"] as const)(
    "is not sent again after a refusal of the %s's that ends the order",
    async (fault) => {
      const { gateway: using } = answering(refused(fault, "subject", true));
      const leased = await leasedOrder(gateway, shop, "processing");
      await expect(startPayment(using, leased)).rejects.toMatchObject({ failure: "create_refused" });
      await expect(again(using, leased)).rejects.toThrow("not taken over");
      expect(await rows.order(leased.payment.orderNo)).toMatchObject({ status: "failed" });
    },
  );
});

describe("an adapter that throws", () => {
  it("leaves a create that the next poll makes, without waiting for a lease", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    const { gateway: broken } = answering(new RangeError("a defect"));
    await expect(startPayment(broken, leased)).rejects.toMatchObject({ failure: "create_unknown" });
    const { payment } = (await gateway.orders.find(shop.userId, { orderNo: leased.payment.orderNo }))!;
    expect(await lookUp(gateway, payment)).toEqual({ kind: "answered" });
    expect(await rows.order(payment.orderNo)).toMatchObject({ status: "pending" });
  });

  it("when it is asked about a payment leaves the payment and says that nobody answered", async () => {
    const { payment } = await leasedOrder(gateway, shop, "processing");
    await lookUp(gateway, await afterLease(payment.orderNo));
    const made = (await gateway.orders.find(shop.userId, { orderNo: payment.orderNo }))!.payment;
    const look = () => Promise.reject(new TypeError("a defect"));
    const broken = withAdapter(gateway, () => ({ look }));
    expect(await lookUp(broken, made)).toEqual({ kind: "silent", why: "internal error" });
    expect(await lookUp(gateway, made)).toEqual({ kind: "answered" });
  });

  it("when it is asked for another link shows none, and is asked again soon", async () => {
    const { payment, order } = await lapsed();
    const { gateway: broken } = answering(new TypeError("a defect"));
    expect((await shownRenewed(broken, payment)).payable).toMatchObject({ qrCode: "" });
    await world.passes(4);
    expect((await shownRenewed(gateway, payment)).payable).toMatchObject({
      qrCode: expect.stringMatching(/^weixin:/),
    });
    await world.passes(2 * 3_600 + 1);
    await expect(createThrough(broken, inChina, order)).rejects.toMatchObject({ failure: "create_unknown" });
  });

  async function afterLease(orderNo: string) {
    await world.passes(13);
    return (await gateway.orders.find(shop.userId, { orderNo }))!.payment;
  }
});

/** A payment whose link has lapsed, though its order has not; WeChat Pay gives another one. */
async function lapsed() {
  const order = anOrder({ provider: "wechat", expires_in: 86_400 });
  const { order_no: orderNo } = await createThrough(gateway, inChina, order);
  await world.passes(2 * 3_600 + 1);
  return {
    order,
    payment: (await gateway.orders.find(inChina.userId, { orderNo: String(orderNo) }))!.payment,
  };
}

describe("a code that is not in the provider's table", () => {
  it("is told to a person once for its provider, call and day, whoever meets it", async () => {
    const error = { code: code(), message: "no" };
    const answer: Started = { kind: "refused", error, fault: "merchant", ends: "nothing", listed: false };
    const second = anotherGateway();
    for (const [using, whose] of [
      [gateway, shop],
      [second, shop],
      [second, other],
    ] as const) {
      const start = async () => answer;
      await startPayment(
        withAdapter(using, () => ({ start })),
        await leasedOrder(using, whose, "processing"),
      ).catch((thrown) => thrown);
    }
    await second.close();
    expect(await anomaliesOf(error.code)).toMatchObject([{ status: "open", times: 1 }]);
    await world.passes(86_400);
    const { gateway: using } = answering(answer);
    await startPayment(using, await leasedOrder(gateway, shop, "processing")).catch((thrown) => thrown);
    expect(await anomaliesOf(error.code)).toHaveLength(2);
  });

  it.each([
    ["without an answer", { ...unknown, unlisted: code() }],
    ["that was refused", refused("merchant", "nothing", false)],
  ])("is told of a call for another link %s", async (_name, answer) => {
    const { payment } = await lapsed();
    const { gateway: using } = answering(answer);
    expect((await shownRenewed(using, payment)).payable).toMatchObject({ qrCode: "" });
    const met = codeOf(answer);
    expect(await anomaliesOf(met)).toMatchObject([{ status: "open", times: 1 }]);
  });

  it.each([
    ["a create without an answer", { ...unknown, unlisted: code() }],
    ["a refused create", refused("merchant", "nothing", false)],
  ])("is told of %s, and a listed one is not", async (_name, answer) => {
    const met = codeOf(answer);
    const { gateway: using } = answering(answer);
    await startPayment(using, await leasedOrder(gateway, shop, "processing")).catch((thrown) => thrown);
    expect(await anomaliesOf(met)).toHaveLength(1);
    const listed = refused("merchant", "nothing", true) as Extract<Started, { kind: "refused" }>;
    const { gateway: known } = answering(listed);
    await startPayment(known, await leasedOrder(gateway, shop, "processing")).catch((thrown) => thrown);
    expect(await anomaliesOf(listed.error.code)).toEqual([]);
  });
});
