import { expect, it } from "vitest";
import { newProviderRefundNo } from "../../lib/domain/order-no.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { Refund, RefundOutcome } from "../../lib/domain/refund.ts";
import { throughProxy, withWord } from "./prove-fetch-payment.ts";
import { notified, paid, rowsOf, type Subject, withFaults } from "./subject.ts";

/** A refund that was not sent to the provider yet. */
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

/** Completes a pending refund, if the provider's refunds are first pending. */
async function arrived(subject: Subject, payment: Payment, input: Refund, outcome: RefundOutcome) {
  const { table, adapter } = subject;
  if (outcome.kind === "pending" && table.refundDone) {
    await subject.control("refund-result", { refund_no: input.providerRefundNo, status: table.refundDone });
    return adapter.fetchRefund!(payment, input);
  }
  return outcome;
}

const refundedMinor = async (subject: Subject, payment: Payment) =>
  (await rowsOf(subject, payment))[0]?.refunded_minor;

/** Proves that one number makes one refund, and never more than was paid. */
export function proveRefund(subject: Subject): void {
  const { table, adapter } = subject;
  const { provider } = subject;
  const refund = adapter.refund!;
  const [scene = ""] = Object.keys(table.scenes);
  const whole = table.amount.minor;

  it.each([
    ["in full", whole],
    ["in part", 230],
  ])(`a ${provider} payment is refunded %s, and a webhook reports it`, async (_, minor) => {
    const payment = await paid(subject, scene);
    const input = aRefund(subject, payment, minor);
    const from = subject.receiver.calls.length;
    const outcome = await arrived(subject, payment, input, await refund(payment, input));
    expect(outcome).toEqual({ kind: "refunded", refundId: expect.stringMatching(/./) });
    expect(await refundedMinor(subject, payment)).toBe(minor);

    const { refund: kind } = table.webhooks;
    const { about } = await notified(subject, payment, kind, from);
    const seen = { orderNo: payment.orderNo, tradeNo: payment.tradeNo };
    const { providerRefundNo: refundNo, amount } = input;
    const expected = {
      refetch: { kind, orderNo: null, tradeNo: payment.tradeNo },
      refundedTotal: { kind, ...seen, total: amount },
      refunded: { kind, ...seen, refundNo, amount },
    };
    expect(about).toContainEqual(expect.objectContaining(expected[kind]));
  });

  it(`${provider} makes one refund for a repeated number, also after a lost answer`, async () => {
    const payment = await paid(subject, scene);
    const input = aRefund(subject, payment, 230);
    const ask = () => refund(payment, input);
    expect((await withFaults(subject, { timeout_after_success: true }, ask)).kind).toBe("unknown");
    const second = await arrived(subject, payment, input, await ask());
    const third = await ask();
    expect(second.kind).toBe("refunded");
    expect(third).toEqual(second);
    expect(await refundedMinor(subject, payment)).toBe(230);
  });

  it(`${provider} makes no second refund for the same number with another amount`, async () => {
    const payment = await paid(subject, scene);
    const input = aRefund(subject, payment, 230);
    await arrived(subject, payment, input, await refund(payment, input));
    const planned = { ...input, amount: { ...input.amount, minor: 300 } };
    const prepared = adapter.prepareRefund!(payment, planned);
    const other = await refund(payment, { ...planned, prepared });
    expect(["unknown", "refused"]).toContain(other.kind);
    expect(await refundedMinor(subject, payment)).toBe(230);
  });

  it(`${provider} finally refuses a refund of more than is left, and moves no money`, async () => {
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

/** Proves that prepareRefund refuses what the provider cannot express, before anything is reserved. */
export function provePrepareRefund(subject: Subject): void {
  const { table, adapter } = subject;
  const [scene = ""] = Object.keys(table.scenes);

  it.each(table.inexpressible)(
    `a ${subject.provider} refund of $amount is refused before it is reserved`,
    async ({ amount }) => {
      const payment = { ...(await paid(subject, scene)), amount };
      const planned = { providerRefundNo: newProviderRefundNo(subject.clock.now()), amount, reason: "" };
      expect(() => adapter.prepareRefund!(payment, planned)).toThrow(
        expect.objectContaining({ failure: "amount_not_allowed" }),
      );
    },
  );
}

/** Proves what fetchRefund reports. */
export function proveFetchRefund(subject: Subject): void {
  const { table, adapter } = subject;
  const { refund, fetchRefund } = { refund: adapter.refund!, fetchRefund: adapter.fetchRefund! };
  const [scene = ""] = Object.keys(table.scenes);

  it(`${subject.provider}'s fetchRefund finds a refund by our number and by the provider's id`, async () => {
    const payment = await paid(subject, scene);
    const input = aRefund(subject, payment, 230);
    const made = await arrived(subject, payment, input, await refund(payment, input));
    if (made.kind !== "refunded") throw new Error(`not refunded: ${made.kind}`);
    expect(await fetchRefund(payment, input)).toEqual(made);
    expect(await fetchRefund(payment, { ...input, refundId: made.refundId })).toEqual(made);
  });

  it(`${subject.provider}'s fetchRefund does not find a refund that was never made`, async () => {
    const payment = await paid(subject, scene);
    expect(await fetchRefund(payment, aRefund(subject, payment, 230))).toMatchObject({ kind: "missing" });
    const other = aRefund(subject, payment, 230);
    await refund(payment, other);
    expect(await fetchRefund(payment, aRefund(subject, payment, 230)), "beside another").toMatchObject({
      kind: "missing",
    });
  });

  it(`${subject.provider}'s fetchRefund is unknown for an unknown status`, async () => {
    const payment = await paid(subject, scene);
    const input = aRefund(subject, payment, 230);
    await arrived(subject, payment, input, await refund(payment, input));
    const word = withWord(table.states.refund);
    const said = await throughProxy(subject, word.change, (adapter) => adapter.fetchRefund!(payment, input));
    expect(word.changed()).toBe(true);
    expect(said.kind).toBe("unknown");
  });
}
