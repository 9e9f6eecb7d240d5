import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Payment } from "../../lib/domain/payment.ts";
import type { RefundSeen } from "../../lib/domain/provider.ts";
import type { LeasedRefund, RefundFact } from "../../lib/domain/refund.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { applyEvents } from "../../lib/payments/apply-events.ts";
import { endRefund } from "../../lib/payments/run-refund.ts";
import { openDatabase } from "../../lib/storage/database.ts";
import { finishRefund } from "../../lib/storage/refunds/finish-refund.ts";
import { startDatabaseProxy } from "../steps/database-proxy.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { accountOf, settledPayment } from "../steps/leased-order.ts";
import { reservedRefund } from "../steps/reserved-refund.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";
import { testDatabase } from "../storage/connections.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const aPayment = () => settledPayment(gateway, shop);

const reserved = (payment: Payment, minor: number) => reservedRefund(gateway, payment, minor);

const end = (
  { refund, payment }: LeasedRefund,
  to: "success" | "failed",
  change: Partial<RefundFact> = {},
) => {
  const now = world.clock.now();
  const error = to === "failed" ? { code: "x", message: "x" } : null;
  const fact = {
    to,
    refundId: `re-${refund.id}`,
    error,
    source: "poll",
    now,
    notify: true,
    overrules: true,
  };
  return endRefund(gateway, { refund, payment }, { ...fact, ...change });
};

const seen = (payment: Payment, minor: number, change: Partial<RefundSeen> = {}): RefundSeen => {
  const { orderNo, tradeNo } = payment;
  const amount = { minor, currency: "CNY" };
  return {
    kind: "refunded",
    orderNo,
    tradeNo,
    refundNo: null,
    refundId: `re-${randomUUID()}`,
    amount,
    ...change,
  };
};
const tell = (payment: Payment, words: Parameters<typeof applyEvents>[2]) => {
  const { userId, configId, provider } = payment;
  return applyEvents(gateway, payment, words, {
    userId,
    configId,
    provider,
    ...accountOf(payment),
    source: "poll",
  });
};
const sums = async ({ orderNo }: Payment) => {
  const { refunded_minor, refund_reserved_minor } = await rows.order(orderNo);
  return { refunded: Number(refunded_minor), reserved: Number(refund_reserved_minor) };
};
const isDue = async ({ orderNo }: Payment) =>
  ((await rows.order(orderNo)).next_poll_at as Date).getTime() <= world.clock.now().getTime();

describe("gateway refunds that fail", () => {
  it.each([
    ["during its call", ["failed"]],
    ["after it had succeeded", ["success", "failed"]],
    ["after it had failed and succeeded", ["failed", "success", "failed"]],
  ] as const)(
    "a refund that fails %s makes its payment due for a poll of the refund it displaced",
    async (_name, ends) => {
      const payment = await aPayment();
      const ours = await reserved(payment, 1_000);
      for (const to of ends.slice(0, -1)) await end(ours, to);
      if (ends.length === 3) expect(await sums(payment)).toEqual({ refunded: 1_000, reserved: 0 });
      await tell(payment, [seen(payment, 900)]);
      expect((await rows.anomalies(payment.configId)).at(-1)).toMatchObject({ kind: "over_refund" });
      await end(ours, "failed");
      expect(await isDue(payment)).toBe(true);
    },
  );

  it.each([
    ["during its call", ["failed"]],
    ["after it had succeeded", ["success", "failed"]],
  ] as const)(
    "a refund that fails %s turns the total that it covered into an external refund",
    async (_name, ends) => {
      const payment = await aPayment();
      const ours = await reserved(payment, 1_000);
      const { orderNo, tradeNo } = payment;
      await tell(payment, [
        { kind: "refundedTotal", orderNo, tradeNo, total: { minor: 600, currency: "CNY" } },
      ]);
      expect(await sums(payment)).toEqual({ refunded: 0, reserved: 1_000 });
      for (const to of ends) await end(ours, to);
      expect(await sums(payment)).toEqual({ refunded: 600, reserved: 0 });
    },
  );
});

describe("several refunds in one provider response", () => {
  it.each([
    ["the newest first", [0, 1]],
    ["the oldest first", [1, 0]],
  ] as const)(
    "refunds in a response that lists %s are recorded with the failed ones first",
    async (_name, order) => {
      const payment = await aPayment();
      const failed = seen(payment, 1_000);
      await tell(payment, [failed]);
      expect(await sums(payment)).toEqual({ refunded: 1_000, reserved: 0 });
      const said = [seen(payment, 900), { ...failed, kind: "refundFailed" as const }];
      await tell(
        payment,
        order.map((at) => said[at]!),
      );
      expect(await sums(payment)).toEqual({ refunded: 900, reserved: 0 });
      expect(
        (await rows.anomalies(payment.configId)).filter(({ order_no }) => order_no === payment.orderNo),
      ).toEqual([]);
    },
  );
});

describe("refunds recorded as external", () => {
  it("a refund recorded as external keeps its amount if its gateway refund has failed meanwhile", async () => {
    const { host, port } = await testDatabase();
    const proxy = await startDatabaseProxy({ host, port });
    const slow = openDatabase(() => testDatabase(proxy.port));
    try {
      const payment = await aPayment();
      const { refund } = await reserved(payment, 500);
      const refundId = `re-${randomUUID()}`;
      await tell(payment, [seen(payment, 500, { refundId })]);
      const atRollback = proxy.hold(/^rollback$/);
      const now = world.clock.now();
      const fact = { error: null, source: "call", now, notify: true, overrules: false };
      const late = finishRefund(slow, refund, payment, { ...fact, to: "success", refundId });
      const rollBack = await atRollback;
      const atBegin = proxy.hold(/^begin$/);
      rollBack();
      const begin = await atBegin;
      const error = { code: "x", message: "x" };
      await finishRefund(gateway.db, refund, payment, { ...fact, to: "failed", refundId: "", error });
      begin();
      expect(await late).toMatchObject({ kind: "contradicts" });
      expect(await sums(payment)).toEqual({ refunded: 500, reserved: 0 });
    } finally {
      await slow.destroy();
      proxy.stop();
    }
  });
});
