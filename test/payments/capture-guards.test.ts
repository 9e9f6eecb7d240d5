import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { claimCapture, endCapture } from "../../lib/storage/payments/captures.ts";
import { closeOrFail } from "../../lib/storage/payments/close-or-fail.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { accountOf, leasedOrder, orderRow, saidOf } from "../steps/leased-order.ts";
import { storedOrders } from "../steps/ledgers.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await world.stop();
});

/** A pending payment whose create lease has expired, so that only a capture can hold it. */
async function approved(): Promise<Payment> {
  const { payment } = await leasedOrder(gateway, shop, "pending");
  await world.passes(13);
  return payment;
}

const claim = (payment: Payment, key: string, now = world.clock.now()) => {
  const until = secondsAfter(now, 15);
  return claimCapture(gateway.db, payment, {
    ...{ ...accountOf(payment), key, until, nextPollAt: until },
    now,
  });
};
const stored = async (payment: Payment) => (await storedOrders(payment.outTradeNo))[0]!;

describe("captures", () => {
  it("a capture is not begun if the payment has changed since it was read", async () => {
    const payment = await approved();
    await orderRow(gateway, payment)
      .set({ version: payment.version + 1 })
      .execute();
    expect(await claim(payment, randomUUID())).toBeNull();
  });

  it("a capture is not begun with another account or in another mode", async () => {
    const payment = await approved();
    const now = world.clock.now();
    const until = secondsAfter(now, 15);
    const own = { ...accountOf(payment), key: randomUUID(), until, nextPollAt: until };
    for (const other of [{ account: "another" }, { livemode: !payment.livemode }])
      expect(await claimCapture(gateway.db, payment, { ...{ ...own, ...other }, now })).toBeNull();
    expect(await stored(payment)).toMatchObject({ status: "pending", capture_key: null });
    expect(await claimCapture(gateway.db, payment, { ...own, now })).toMatchObject({ status: "processing" });
  });

  it("a capture is not begun once the payment has expired", async () => {
    const payment = await approved();
    expect(await claim(payment, randomUUID(), payment.expiresAt)).toBeNull();
    expect(await stored(payment)).toMatchObject({ status: "pending", capture_key: null });
  });

  it("a capture is not begun again while it may be in progress, not even under its own key", async () => {
    const claimed = (await claim(await approved(), "first"))!;
    expect(await claim(claimed, "first")).toBeNull();
    await world.passes(16);
    expect(await claim(claimed, "first")).toMatchObject({ version: claimed.version + 1 });
  });

  it("a capture with an unknown outcome is not begun again under another key", async () => {
    const claimed = (await claim(await approved(), "first"))!;
    await world.passes(16);
    expect(await claim(claimed, "second")).toBeNull();
    expect(await stored(claimed)).toMatchObject({ capture_key: "first", version: claimed.version });
  });

  it("a payment is not closed while its capture may be in progress", async () => {
    const claimed = (await claim(await approved(), "first"))!;
    const close = () =>
      closeOrFail(gateway.db, claimed, "closed", { said: saidOf(claimed), now: world.clock.now() });
    expect(await close()).toBeNull();
    await world.passes(16);
    expect(await close()).toMatchObject({ payment: { status: "closed" } });
  });

  it("a declined capture ends neither another capture nor one of a payment that has changed since", async () => {
    const now = world.clock.now();
    const claimed = (await claim(await approved(), "first"))!;
    await endCapture(
      gateway.db,
      { ...claimed, captureKey: "other" },
      { why: "declined", now, nextPollAt: now },
    );
    expect(await stored(claimed)).toMatchObject({ status: "processing", capture_key: "first" });
    await orderRow(gateway, claimed)
      .set({ version: claimed.version + 1 })
      .execute();
    await endCapture(gateway.db, claimed, { why: "declined", now, nextPollAt: now });
    expect(await stored(claimed)).toMatchObject({ status: "processing", capture_key: "first" });
  });
});
