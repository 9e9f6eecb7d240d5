import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { CreateOutcome } from "../../lib/domain/provider.ts";
import type { Leased } from "../../lib/domain/provider-request.ts";
import type { Ends, Fault } from "../../lib/domain/refusal.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { createAtProvider } from "../../lib/payments/create-at-provider.ts";
import { shownRenewed } from "../../lib/payments/link.ts";
import { refreshPayment } from "../../lib/payments/refresh-payment.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { takeCreateLease } from "../../lib/storage/payments/provider-requests.ts";
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

/** The idempotency key and the prepared request with which a create was sent. */
type Sent = { key: string; prepared: unknown };

/** A provider that gives these outcomes to its creates, in turn; the last one is repeated. */
function answering(...answers: (CreateOutcome | Error)[]): { gateway: Gateway; sent: Sent[] } {
  const sent: Sent[] = [];
  const createPayment = async (_payment: unknown, prepared: unknown, key: string): Promise<CreateOutcome> => {
    sent.push({ key, prepared });
    const answer = answers[Math.min(sent.length, answers.length) - 1]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { gateway: withAdapter(gateway, () => ({ createPayment })), sent };
}

const code = () => `CODE_${randomUUID().slice(0, 8)}`;
const refused = (fault: Fault, ends: Ends, listed: boolean): CreateOutcome => {
  return { kind: "refused", error: { code: code(), message: "no" }, fault, ends, listed };
};
const unknown: CreateOutcome = { kind: "unknown", why: "time-out" };

/** Sends the same create again, as a merchant's repeated call or the next poll does. */
async function again(using: Gateway, { payment }: Leased): Promise<unknown> {
  await world.passes(13);
  const now = world.clock.now();
  const leased = await takeCreateLease(using.db, payment, {
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, 12),
    now,
  });
  if (!leased) throw new Error("not taken over");
  return createAtProvider(using, leased).catch((error) => error);
}

async function sentTwice(...answers: (CreateOutcome | Error)[]): Promise<[Sent, Sent]> {
  const { gateway: using, sent } = answering(...answers);
  const leased = await leasedOrder(gateway, shop, "processing");
  await createAtProvider(using, leased).catch((error) => error);
  await again(using, leased);
  return sent.slice(0, 2) as [Sent, Sent];
}

const codeOf = (answer: CreateOutcome) =>
  answer.kind === "refused" ? answer.error.code : String("unlisted" in answer && answer.unlisted);

const anomaliesOf = (code: string) =>
  rows.query("SELECT * FROM anomalies WHERE kind = 'unlisted_refusal' AND detail LIKE ?", [`%${code}%`]);

describe("idempotency keys of repeated creates", () => {
  // Stripe saves the status code and body of the first request made for a key, whether it succeeds or fails:
  // https://docs.stripe.com/api/idempotent_requests
  it.each([
    ["a listed refusal for the merchant's fault", refused("merchant", "nothing", true)],
    ["a refusal for the buyer's fault that ends this try", refused("buyer", "try", true)],
    ["a refusal for the provider's fault that ends this try", refused("provider", "try", true)],
    ["a refusal for the merchant's fault that ends this try", refused("merchant", "try", true)],
  ])("a create after %s is sent with a new key and the same request", async (_name, answer) => {
    const [first, second] = await sentTwice(answer);
    expect(second.key).not.toBe(first.key);
    expect(second.prepared).toEqual(first.prepared);
  });

  it.each([
    ["no response", unknown],
    ["a response with an unlisted code", { ...unknown, unlisted: code() }],
    ["an unlisted refusal", refused("merchant", "nothing", false)],
    ["a refusal for the provider's fault that ends nothing", refused("provider", "nothing", true)],
    ["an exception in the adapter", new TypeError("a defect")],
  ])("a create after %s is sent with the same key and the same request", async (_name, answer) => {
    const [first, second] = await sentTwice(answer);
    expect(second).toEqual(first);
  });

  it("a create keeps its key after a listed refusal while an earlier call got no response", async () => {
    const { gateway: using, sent } = answering(unknown, refused("merchant", "nothing", true));
    const leased = await leasedOrder(gateway, shop, "processing");
    await createAtProvider(using, leased).catch((error) => error);
    await again(using, leased);
    await again(using, leased);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    expect(sent).toHaveLength(3);
  });

  it("a create keeps its key after a listed refusal if its first caller died without a response", async () => {
    const { gateway: using, sent } = answering(refused("merchant", "nothing", true));
    const leased = await leasedOrder(gateway, shop, "processing");
    await again(using, leased);
    await again(using, leased);
    expect(new Set(sent.map(({ key }) => key))).toEqual(new Set([leased.providerRequest.idempotencyKey]));
  });

  it("a create keeps its key after a listed refusal if a later lease holder died without a response", async () => {
    const { gateway: using, sent } = answering(refused("merchant", "nothing", true));
    const leased = await leasedOrder(gateway, shop, "processing");
    await createAtProvider(using, leased).catch((error) => error);
    await world.passes(13);
    const now = world.clock.now();
    const dying = await takeCreateLease(gateway.db, leased.payment, {
      leaseToken: randomUUID(),
      leaseUntil: secondsAfter(now, 12),
      now,
    });
    await again(using, leased);
    await again(using, leased);
    const renewed = dying!.providerRequest.idempotencyKey;
    expect(renewed).not.toBe(leased.providerRequest.idempotencyKey);
    expect(sent.map(({ key }) => key)).toEqual([leased.providerRequest.idempotencyKey, renewed, renewed]);
  });

  it("a caller that has lost the lease of a create does not renew its key", async () => {
    const { gateway: using } = answering(refused("merchant", "nothing", true));
    const slow = await leasedOrder(gateway, shop, "processing");
    await world.passes(13);
    const now = world.clock.now();
    const fast = await takeCreateLease(gateway.db, slow.payment, {
      leaseToken: randomUUID(),
      leaseUntil: secondsAfter(now, 12),
      now,
    });
    await createAtProvider(using, slow).catch((error) => error);
    const [row] = await rows.query("SELECT idempotency_key FROM provider_requests WHERE order_id = ?", [
      slow.payment.id,
    ]);
    expect(row).toEqual({ idempotency_key: fast!.providerRequest.idempotencyKey });
  });

  it.each(["buyer", "request", "merchant"] as const)(
    "a create is not sent again after a refusal for the %s's fault that ends the order",
    async (fault) => {
      const { gateway: using } = answering(refused(fault, "subject", true));
      const leased = await leasedOrder(gateway, shop, "processing");
      await expect(createAtProvider(using, leased)).rejects.toMatchObject({ failure: "create_refused" });
      await expect(again(using, leased)).rejects.toThrow("not taken over");
      expect(await rows.order(leased.payment.orderNo)).toMatchObject({ status: "failed" });
    },
  );
});

describe("exceptions in an adapter", () => {
  it("a create whose adapter throws is sent again by the next poll, without waiting for the lease", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    const { gateway: broken } = answering(new RangeError("a defect"));
    await expect(createAtProvider(broken, leased)).rejects.toMatchObject({ failure: "create_unknown" });
    const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo: leased.payment.orderNo }))!;
    expect(await refreshPayment(gateway, payment)).toEqual({ kind: "answered" });
    expect(await rows.order(payment.orderNo)).toMatchObject({ status: "pending" });
  });

  it("a fetch whose adapter throws leaves the payment unchanged and counts as no response", async () => {
    const { payment } = await leasedOrder(gateway, shop, "processing");
    await refreshPayment(gateway, await afterLease(payment.orderNo));
    const made = (await findOrder(gateway.db, shop.userId, { orderNo: payment.orderNo }))!.payment;
    const fetchPayment = () => Promise.reject(new TypeError("a defect"));
    const broken = withAdapter(gateway, () => ({ fetchPayment }));
    expect(await refreshPayment(broken, made)).toEqual({ kind: "silent", why: "internal error" });
    expect(await refreshPayment(gateway, made)).toEqual({ kind: "answered" });
  });

  it("a link renewal whose adapter throws shows no link and is soon repeated", async () => {
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
    return (await findOrder(gateway.db, shop.userId, { orderNo }))!.payment;
  }
});

/** A WeChat Pay payment whose link has expired before the payment; WeChat Pay issues another link. */
async function lapsed() {
  const order = anOrder({ provider: "wechat", expires_in: 86_400 });
  const { order_no: orderNo } = await createThrough(gateway, inChina, order);
  await world.passes(2 * 3_600 + 1);
  return {
    order,
    payment: (await findOrder(gateway.db, inChina.userId, { orderNo: String(orderNo) }))!.payment,
  };
}

describe("codes missing from a provider's refusal table", () => {
  it("an unlisted code raises one anomaly per provider, call and day, whichever merchant it meets", async () => {
    const error = { code: code(), message: "no" };
    const answer: CreateOutcome = {
      kind: "refused",
      error,
      fault: "merchant",
      ends: "nothing",
      listed: false,
    };
    const second = anotherGateway();
    for (const [using, whose] of [
      [gateway, shop],
      [second, shop],
      [second, other],
    ] as const) {
      const createPayment = async () => answer;
      await createAtProvider(
        withAdapter(using, () => ({ createPayment })),
        await leasedOrder(using, whose, "processing"),
      ).catch((thrown) => thrown);
    }
    await second.close();
    expect(await anomaliesOf(error.code)).toMatchObject([{ status: "open", times: 1 }]);
    await world.passes(86_400);
    const { gateway: using } = answering(answer);
    await createAtProvider(using, await leasedOrder(gateway, shop, "processing")).catch((thrown) => thrown);
    expect(await anomaliesOf(error.code)).toHaveLength(2);
  });

  it.each([
    ["without a response", { ...unknown, unlisted: code() }],
    ["that was refused", refused("merchant", "nothing", false)],
  ])("an unlisted code of a link renewal %s raises an anomaly", async (_name, answer) => {
    const { payment } = await lapsed();
    const { gateway: using } = answering(answer);
    expect((await shownRenewed(using, payment)).payable).toMatchObject({ qrCode: "" });
    const met = codeOf(answer);
    expect(await anomaliesOf(met)).toMatchObject([{ status: "open", times: 1 }]);
  });

  it.each([
    ["a create without a response", { ...unknown, unlisted: code() }],
    ["a refused create", refused("merchant", "nothing", false)],
  ])("an unlisted code of %s raises an anomaly, a listed one does not", async (_name, answer) => {
    const met = codeOf(answer);
    const { gateway: using } = answering(answer);
    await createAtProvider(using, await leasedOrder(gateway, shop, "processing")).catch((thrown) => thrown);
    expect(await anomaliesOf(met)).toHaveLength(1);
    const listed = refused("merchant", "nothing", true) as Extract<CreateOutcome, { kind: "refused" }>;
    const { gateway: existing } = answering(listed);
    await createAtProvider(existing, await leasedOrder(gateway, shop, "processing")).catch(
      (thrown) => thrown,
    );
    expect(await anomaliesOf(listed.error.code)).toEqual([]);
  });
});
