import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Caller } from "../../lib/domain/caller.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { Refund, RefundOutcome } from "../../lib/domain/refund.ts";
import type { Ends, Fault } from "../../lib/domain/refusal.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { createRefund } from "../../lib/payments/create-refund.ts";
import { pollRefund } from "../../lib/payments/poll-refund.ts";
import { findRefund, findRefundById } from "../../lib/storage/refunds/find-refund.ts";
import { takeRefundLease } from "../../lib/storage/refunds/refund-lease.ts";
import { makeRefundDue } from "../../lib/storage/refunds/refund-polls.ts";
import { withAdapter } from "../steps/adapters.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { settledPayment } from "../steps/leased-order.ts";
import { aRefundNo } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let caller: Caller;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
  caller = await gateway.authenticate(shop.apiKey, "refund");
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const aPayment = () => settledPayment(gateway, shop);

type SentRefund = Pick<Refund, "idempotencyKey" | "prepared" | "providerRefundNo">;

/** A provider that finds no refund when one is fetched and gives these outcomes to refund requests, in turn. */
function answering(...answers: (RefundOutcome | Error)[]) {
  const requested: SentRefund[] = [];
  const refund = async (_: Payment, { idempotencyKey, prepared, providerRefundNo }: Refund) => {
    requested.push({ idempotencyKey, prepared, providerRefundNo });
    const answer = answers[Math.min(requested.length, answers.length) - 1]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const fetchRefund = async (): Promise<RefundOutcome> => ({ kind: "missing", why: "no such refund" });
  return { requested, using: withAdapter(gateway, () => ({ refund, fetchRefund })) };
}

const refused = (fault: Fault, ends: Ends): RefundOutcome => {
  return { kind: "refused", error: { code: "CODE", message: "no" }, fault, ends, listed: true };
};
const unknown: RefundOutcome = { kind: "unknown", why: "time-out" };

const inputOf = ({ orderNo }: Payment, refundNo = aRefundNo()) => {
  return { order: { orderNo }, refundNo, amount: "5.00", reason: "" };
};
type RefundInput = ReturnType<typeof inputOf>;
const ask = (using: Gateway, input: RefundInput) =>
  createRefund(using, caller, input).catch((error) => error);
const stored = async ({ refundNo }: RefundInput) => (await findRefund(gateway.db, shop.userId, refundNo))!;

describe("idempotency keys of repeated refunds", () => {
  it.each([
    ["a listed refusal for the merchant's fault", refused("merchant", "nothing")],
    ["a refusal for the provider's fault that ends this try", refused("provider", "try")],
    ["a refusal for the merchant's fault that ends this try", refused("merchant", "try")],
  ])(
    "a refund repeated after %s has a new key, the same number and the same request",
    async (_name, answer) => {
      const { using, requested } = answering(answer);
      const input = inputOf(await aPayment());
      await ask(using, input);
      await world.passes(4);
      await ask(using, input);
      const [first, second] = requested;
      expect(second).toEqual({ ...first, idempotencyKey: expect.any(String) });
      expect(second!.idempotencyKey).not.toBe(first!.idempotencyKey);
      expect((await stored(input)).refund.idempotencyKey).not.toBe(second!.idempotencyKey);
    },
  );

  it.each([
    ["no response", unknown],
    ["an unlisted code", { ...unknown, unlisted: "UNHEARD_OF" }],
    ["a refusal for the provider's fault that ends nothing", refused("provider", "nothing")],
    ["an exception in the adapter", new TypeError("a defect")],
  ])("a refund repeated after %s is identical to the first one", async (_name, answer) => {
    const { using, requested } = answering(answer);
    const payment = await aPayment();
    const input = inputOf(payment);
    expect(await ask(using, input)).toMatchObject({ details: { orderNo: payment.orderNo } });
    await world.passes(4);
    await ask(using, input);
    expect(requested[1]).toEqual(requested[0]);
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "500" });
  });

  it("a refund keeps its key after a refusal while an earlier call may still have made it", async () => {
    const { using, requested } = answering(unknown, refused("merchant", "nothing"));
    const input = inputOf(await aPayment());
    for (let call = 0; call < 3; call++) {
      await ask(using, input);
      await world.passes(4);
    }
    expect(new Set(requested.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    // A minute later the provider still has no such refund: the call without a response has made none.
    await world.passes(61);
    await ask(using, input);
    await world.passes(4);
    await ask(using, input);
    expect(new Set(requested.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
  });

  it("a merchant that repeats a refund every few seconds gets a new key after a minute", async () => {
    const { using, requested } = answering(unknown, refused("merchant", "nothing"));
    const input = inputOf(await aPayment());
    for (let call = 0; call < 20; call++) {
      await ask(using, input);
      await world.passes(4);
    }
    expect(new Set(requested.map(({ idempotencyKey }) => idempotencyKey)).size).toBeGreaterThan(1);
  });

  it("a refund repeated by a poll after a refusal has the new key, too", async () => {
    const { using, requested } = answering(refused("merchant", "nothing"), {
      kind: "refunded",
      refundId: "re",
    });
    const payment = await aPayment();
    const input = inputOf(payment);
    await ask(using, input);
    await world.passes(16);
    const { refund } = await stored(input);
    await pollRefund(using, { userId: shop.userId, refundId: refund.id, due: world.clock.now() });
    expect(requested).toHaveLength(2);
    expect(requested[1]!.idempotencyKey).toBe(refund.idempotencyKey);
    expect(await rows.order(payment.orderNo)).toMatchObject({ refunded_minor: "500" });
  });
});

describe("refund codes missing from a provider's refusal table", () => {
  it("an unlisted code of a refund keeps the reservation, is no refusal and raises one anomaly", async () => {
    const unlisted = `NEW_${aRefundNo()}`;
    const { using } = answering({ ...unknown, unlisted });
    const payment = await aPayment();
    const input = inputOf(payment);
    const error = await ask(using, input);
    expect(error).toMatchObject({ failure: "refund_unknown" });
    expect(error.message).not.toMatch(/new|another/);
    await world.passes(4);
    await ask(using, input);
    expect(await stored(input)).toMatchObject({ refund: { status: "unknown" } });
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "500" });
    const raised = await rows.query(
      "SELECT times, detail FROM anomalies WHERE kind = 'unlisted_refusal' AND detail LIKE ?",
      [`%${unlisted}%`],
    );
    expect(raised).toMatchObject([{ times: 1 }]);
    expect(JSON.parse(String(raised[0]!.detail))).toMatchObject({ call: "refund", code: unlisted });
  });
});

describe("refunds whose caller has lost the lease", () => {
  const losing = (answer: RefundOutcome) => {
    const refund = async (payment: Payment, { id }: Refund) => {
      await world.passes(21);
      const { refund: current } = (await findRefundById(gateway.db, shop.userId, id))!;
      const now = world.clock.now();
      await takeRefundLease(
        gateway.db,
        { refund: current, payment, request: "", leaseUntil: now, nextPollAt: now },
        { leaseToken: "another", leaseUntil: new Date(now.getTime() + 20_000), nextPollAt: now, now },
      );
      return answer;
    };
    return withAdapter(gateway, () => ({ refund }));
  };

  it.each([
    ["a final refusal", refused("buyer", "subject")],
    ["a failure", { kind: "failed", refundId: "re", error: { code: "x", message: "x" } }],
    ["a success", { kind: "refunded", refundId: "re" }],
    ["a refusal for the merchant's fault", refused("merchant", "nothing")],
    ["no response", unknown],
  ] as const)(
    "a caller that has lost the lease of a refund stores nothing of its outcome: %s",
    async (_name, answer) => {
      const payment = await aPayment();
      const input = inputOf(payment);
      const answered = await ask(losing(answer), input);
      expect((await stored(input)).refund).toMatchObject({ status: "processing", refundId: "" });
      expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "500" });
      // A merchant told to use a new number would refund the money twice.
      expect(String(answered.message ?? "")).not.toMatch(/new refund_no/);
    },
  );
});

describe("refunds whose config cannot be read", () => {
  const withoutConfig = (): Gateway => {
    const of = () =>
      Promise.reject(new GatewayError("config_not_found", "no config speaks for this account"));
    return { ...gateway, configs: { ...gateway.configs, of } };
  };
  const stuckOf = ({ orderNo }: Payment) =>
    rows.query("SELECT status FROM anomalies WHERE kind = 'refund_stuck' AND order_no = ?", [orderNo]);

  it("an unfinished refund whose config cannot be read raises an anomaly after a day", async () => {
    const { using } = answering(unknown);
    const payment = await aPayment();
    const input = inputOf(payment);
    await ask(using, input);
    const { refund } = await stored(input);
    const retired = withoutConfig();
    for (const seconds of [60, 86_400]) {
      await world.passes(seconds);
      await pollRefund(retired, { userId: shop.userId, refundId: refund.id, due: world.clock.now() });
    }
    expect(await stuckOf(payment)).toMatchObject([{ status: "open" }]);
    expect(await stored(input)).toMatchObject({
      refund: { status: "unknown" },
      nextPollAt: expect.any(Date),
    });
  });

  it("a finished refund made due again raises an anomaly if its config cannot be read", async () => {
    const { using } = answering({ kind: "refunded", refundId: "re" });
    const payment = await aPayment();
    const input = inputOf(payment);
    await ask(using, input);
    const { refund } = await stored(input);
    await world.passes(20 * 86_400);
    await makeRefundDue(gateway.db, refund, world.clock.now());
    await pollRefund(withoutConfig(), {
      userId: shop.userId,
      refundId: refund.id,
      due: world.clock.now(),
    });
    expect(await stuckOf(payment)).toMatchObject([{ status: "open" }]);
  });
});

describe("refund requests", () => {
  it("a refund request reserves nothing if the adapter throws while preparing it", async () => {
    const payment = await aPayment();
    const throwing = withAdapter(gateway, () => ({
      prepareRefund() {
        throw new RangeError("a defect");
      },
    }));
    const input = inputOf(payment);
    expect(await ask(throwing, input)).toBeInstanceOf(RangeError);
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "0" });
    expect(await findRefund(gateway.db, shop.userId, input.refundNo)).toBeNull();
  });
});
