import { expect, it } from "vitest";
import { newProviderRefundNo } from "../../lib/payment/order-no.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Refund, RefundOutcome } from "../../lib/refund/refund.ts";
import { throughTap, withWord } from "./prove-look.ts";
import { paid, rowsOf, type Subject, told, withFaults } from "./subject.ts";

/** A refund that the provider has not been asked for. */
export function aRefund(subject: Subject, payment: Payment, minor: number): Refund {
  const { table, clock, adapter } = subject;
  const providerRefundNo = newProviderRefundNo(clock.now());
  const amount = { ...table.amount, minor };
  const reason = "one cup broke";
  return {
    id: "7",
    userId: "1",
    orderId: "1",
    refundNo: "shop-refund",
    providerRefundNo,
    amount,
    status: "processing",
    reason,
    prepared: adapter.prepareRefund!(payment, { providerRefundNo, amount, reason }),
    idempotencyKey: providerRefundNo,
    refundId: "",
    refusal: null,
    createdAt: clock.now(),
    updatedAt: clock.now(),
  };
}

/** Where refunds take their time, it has passed. */
async function arrived(subject: Subject, payment: Payment, wanted: Refund, outcome: RefundOutcome) {
  const { table, adapter } = subject;
  if (outcome.kind === "pending" && table.refundDone) {
    await subject.tell("refund-result", { refund_no: wanted.providerRefundNo, status: table.refundDone });
    return adapter.lookRefund!(payment, wanted);
  }
  return outcome;
}

const refundedMinor = async (subject: Subject, payment: Payment) =>
  (await rowsOf(subject, payment))[0]?.refunded_minor;

/** One number, one refund; never more than was paid. */
export function proveRefund(subject: Subject): void {
  const { table, adapter } = subject;
  const refund = adapter.refund!;
  const [scene = ""] = Object.keys(table.scenes);
  const whole = table.amount.minor;

  it.each([
    ["in full", whole],
    ["in part", 230],
  ])("a payment is refunded %s, and the webhook tells", async (_, minor) => {
    const payment = await paid(subject, scene);
    const wanted = aRefund(subject, payment, minor);
    const from = subject.receiver.calls.length;
    const outcome = await arrived(subject, payment, wanted, await refund(payment, wanted));
    expect(outcome).toEqual({ kind: "refunded", refundId: expect.stringMatching(/./) });
    expect(await refundedMinor(subject, payment)).toBe(minor);

    const { refund: kind } = table.webhooks;
    const { about } = await told(subject, payment, kind, from);
    const seen = { orderNo: payment.orderNo, tradeNo: payment.tradeNo };
    const { providerRefundNo: refundNo, amount } = wanted;
    const expected = {
      hint: { kind, orderNo: null, tradeNo: payment.tradeNo },
      refundedTotal: { kind, ...seen, total: amount },
      refunded: { kind, ...seen, refundNo, amount },
    };
    expect(about).toContainEqual(expect.objectContaining(expected[kind]));
  });

  it("asked again under the same number, also after a lost answer, one refund is made", async () => {
    const payment = await paid(subject, scene);
    const wanted = aRefund(subject, payment, 230);
    const ask = () => refund(payment, wanted);
    expect((await withFaults(subject, { timeout_after_success: true }, ask)).kind).toBe("unknown");
    const second = await arrived(subject, payment, wanted, await ask());
    const third = await ask();
    expect(second.kind).toBe("refunded");
    expect(third).toEqual(second);
    expect(await refundedMinor(subject, payment)).toBe(230);
  });

  it("asked under the same number for another amount, no second refund is made", async () => {
    const payment = await paid(subject, scene);
    const wanted = aRefund(subject, payment, 230);
    await arrived(subject, payment, wanted, await refund(payment, wanted));
    const planned = { ...wanted, amount: { ...wanted.amount, minor: 300 } };
    const prepared = adapter.prepareRefund!(payment, planned);
    const other = await refund(payment, { ...planned, prepared });
    expect(["unknown", "refused"]).toContain(other.kind);
    expect(await refundedMinor(subject, payment)).toBe(230);
  });

  it("more than is left is refused for good, and moves nothing", async () => {
    const payment = await paid(subject, scene);
    const first = aRefund(subject, payment, 1000);
    await arrived(subject, payment, first, await refund(payment, first));
    const tooMuch = await refund(payment, aRefund(subject, payment, 231));
    expect(tooMuch).toMatchObject({
      kind: "refused",
      ends: "subject",
      error: { code: expect.stringMatching(/./) },
    });
    expect(await refundedMinor(subject, payment)).toBe(1000);
  });
}

/** What the provider cannot express is refused before anything is reserved, and nothing is thrown afterwards. */
export function provePrepareRefund(subject: Subject): void {
  const { table, adapter } = subject;
  const [scene = ""] = Object.keys(table.scenes);

  it.each(table.inexpressible)("a refund of $amount is refused before it is reserved", async ({ amount }) => {
    const payment = { ...(await paid(subject, scene)), amount };
    const planned = { providerRefundNo: newProviderRefundNo(subject.clock.now()), amount, reason: "" };
    expect(() => adapter.prepareRefund!(payment, planned)).toThrow(
      expect.objectContaining({ failure: "amount_not_allowed" }),
    );
  });
}

/** What a provider says of a refund when it is asked. */
export function proveLookRefund(subject: Subject): void {
  const { table, adapter } = subject;
  const { refund, lookRefund } = { refund: adapter.refund!, lookRefund: adapter.lookRefund! };
  const [scene = ""] = Object.keys(table.scenes);

  it("finds a refund by our number, and by its own id", async () => {
    const payment = await paid(subject, scene);
    const wanted = aRefund(subject, payment, 230);
    const made = await arrived(subject, payment, wanted, await refund(payment, wanted));
    if (made.kind !== "refunded") throw new Error(`not refunded: ${made.kind}`);
    expect(await lookRefund(payment, wanted)).toEqual(made);
    expect(await lookRefund(payment, { ...wanted, refundId: made.refundId })).toEqual(made);
  });

  it("knows nothing of a refund that was never made", async () => {
    const payment = await paid(subject, scene);
    expect(await lookRefund(payment, aRefund(subject, payment, 230))).toMatchObject({ kind: "missing" });
    const other = aRefund(subject, payment, 230);
    await refund(payment, other);
    expect(await lookRefund(payment, aRefund(subject, payment, 230)), "beside another").toMatchObject({
      kind: "missing",
    });
  });

  it("does not guess what a word means that it does not know", async () => {
    const payment = await paid(subject, scene);
    const wanted = aRefund(subject, payment, 230);
    await arrived(subject, payment, wanted, await refund(payment, wanted));
    const word = withWord(table.states.refund);
    const said = await throughTap(subject, word.change, (tapped) => tapped.lookRefund!(payment, wanted));
    expect(word.changed()).toBe(true);
    expect(said.kind).toBe("unknown");
  });
}
