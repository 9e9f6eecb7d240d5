import { randomUUID } from "node:crypto";
import { secondsAfter } from "../clock.ts";
import type { Caller } from "../domain/caller.ts";
import { newProviderRefundNo } from "../domain/order-no.ts";
import type { Payment } from "../domain/payment.ts";
import { firstPollSeconds } from "../domain/poll-schedule.ts";
import type { Provider } from "../domain/provider.ts";
import type { RefundOutcome, StoredRefund } from "../domain/refund.ts";
import { callUnderWay, GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { type Money, toDecimal } from "../money/money.ts";
import { readAmount } from "../money/read-amount.ts";
import { findRefund } from "../storage/refunds/find-refund.ts";
import { takeRefundLease } from "../storage/refunds/refund-lease.ts";
import { type NewRefund, reserveRefund } from "../storage/refunds/reserve-refund.ts";
import { findPayment, type PaymentKey } from "./query-payment.ts";
import { driveRefund, newLease, refundLeaseSeconds } from "./run-refund.ts";
/** A validated request. `amount` is decimal text in the payment's currency; `null`: the whole remaining amount. */
export type CreateRefundCommand = {
  order: PaymentKey;
  refundNo: string;
  amount: string | null;
  reason: string;
};

/** Of two concurrent requests for "all that is left", the second computes the amount again. */
const reserveTries = 3;

/**
 * Refunds a payment in full or in part, or replays the answer of the same request. The amount is reserved before the
 * provider is called, and an unclear answer keeps it reserved.
 */
export async function createRefund(
  gateway: Gateway,
  caller: Caller,
  command: CreateRefundCommand,
): Promise<StoredRefund> {
  const existing = await findRefund(gateway.db, caller.userId, command.refundNo);
  if (existing) return replay(gateway, existing, command);
  let { payment } = await findPayment(gateway, caller, command.order);
  const { adapter } = await gateway.configs.of(payment);
  if (!adapter.refund || !adapter.prepareRefund)
    throw new GatewayError("refund_refused", "this provider does not support refunds");

  for (let attempt = 1; attempt <= reserveTries; attempt++) {
    const reserved = await reserveRefund(gateway.db, payment, newRefund(gateway, payment, command, adapter));
    if (reserved.kind === "reserved") {
      const { id, userId } = reserved.leased.refund;
      const woken = gateway.wakeUps.pollRefund(
        { refundId: id, userId },
        secondsAfter(gateway.clock.now(), firstPollSeconds),
      );
      const drive = { first: true, source: "call" as const, adapter };
      const outcome = await driveRefund(gateway, reserved.leased, drive).finally(() => woken);
      return answer(gateway, caller, command, outcome);
    }
    if (reserved.kind === "exists") break;
    if (command.amount !== null && attempt > 1) throw tooMuch(payment);
    payment = (await findPayment(gateway, caller, command.order)).payment;
  }
  const first = await findRefund(gateway.db, caller.userId, command.refundNo);
  if (first) return replay(gateway, first, command);
  throw callUnderWay();
}

function newRefund(
  { clock }: Gateway,
  payment: Payment,
  command: CreateRefundCommand,
  adapter: Provider,
): NewRefund {
  const { orderNo, status, amount } = payment;
  if (status !== "success")
    throw new GatewayError("order_status", "only a paid order can be refunded", { orderNo });
  const left = leftOf(payment);
  const requestedAmount = command.amount === null ? left : readAmount(command.amount, amount.currency);
  if (left.minor === 0) throw new GatewayError("order_status", "nothing is left to refund", { orderNo });
  if (requestedAmount.minor > left.minor) throw tooMuch(payment);
  const now = clock.now();
  const providerRefundNo = newProviderRefundNo(now);
  const planned = { providerRefundNo, amount: requestedAmount, reason: command.reason };
  return {
    ...planned,
    refundNo: command.refundNo,
    prepared: adapter.prepareRefund?.(payment, planned) ?? {},
    idempotencyKey: providerRefundNo,
    request: normalised(payment, command),
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, refundLeaseSeconds),
    nextPollAt: secondsAfter(now, firstPollSeconds),
    now,
  };
}

function leftOf({ amount, refundedMinor, reservedMinor }: Payment): Money {
  return { minor: Math.max(0, amount.minor - refundedMinor - reservedMinor), currency: amount.currency };
}

function tooMuch(payment: Payment): GatewayError {
  const left = leftOf(payment);
  const message = `at most ${toDecimal(left)} ${left.currency} can still be refunded`;
  const fields = [{ field: "amount", message }];
  return new GatewayError("amount_not_allowed", `amount: ${message}`, { fields, orderNo: payment.orderNo });
}

/** Requests with `order_no` and with `out_trade_no` of the same order normalise to the same text. */
function normalised(payment: Payment, { amount, reason }: CreateRefundCommand): string {
  return JSON.stringify({ v: 1, order_no: payment.orderNo, amount: amount && plain(amount), reason });
}

/** `12.30` and `12.3` are the same amount. */
function plain(amount: string): string {
  return amount
    .replace(/^0+(?=\d)/, "")
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

async function replay(
  gateway: Gateway,
  stored: StoredRefund,
  command: CreateRefundCommand,
): Promise<StoredRefund> {
  // mutation: refund-same-content
  refuseOtherContent(stored, command);
  const { refund, payment } = stored;
  if (refund.status === "failed" && refund.refusal && !refund.refundId)
    throw refused(payment, refund.refusal);
  if (refund.status === "success" || refund.status === "failed") return stored;
  const leased = await takeRefundLease(gateway.db, stored, newLease(refund, gateway.clock.now()));
  if (!leased) return stored;
  const outcome = await driveRefund(gateway, leased, { first: false, source: "call" });
  return answer(gateway, { userId: payment.userId }, command, outcome);
}

function refuseOtherContent({ payment, request }: StoredRefund, command: CreateRefundCommand): void {
  const before = JSON.parse(request || "{}") as Record<string, unknown>;
  const { order } = command;
  const sameOrder =
    "orderNo" in order ? order.orderNo === payment.orderNo : order.outTradeNo === payment.outTradeNo;
  const now = JSON.parse(normalised(payment, command)) as Record<string, unknown>;
  const names = Object.keys(now).filter((name) => now[name] !== before[name]);
  if (!sameOrder) names.unshift("order_no");
  if (names.length === 0) return;
  const fields = names.map((field) => ({
    field,
    message: "differs from the first request with this refund_no",
  }));
  const message = `refund_no was used with another ${names.join(", ")}: send the same content, or a new refund_no`;
  throw new GatewayError("conflict", message, { fields, orderNo: payment.orderNo });
}

async function answer(
  gateway: Gateway,
  { userId }: { userId: string },
  { refundNo }: CreateRefundCommand,
  outcome: RefundOutcome,
): Promise<StoredRefund> {
  const stored = await findRefund(gateway.db, userId, refundNo);
  if (!stored) throw callUnderWay();
  const { payment } = stored;
  // A webhook reported success before the call returned: retrying with a new refund_no would refund twice.
  if (stored.refund.status === "success") return stored;
  const isOver = outcome.kind === "refused" && outcome.ends === "subject";
  // Another run holds the lease now and may still make the refund.
  // mutation: refund-refusal-lease-lost
  if (isOver && stored.refund.status !== "failed") throw unknown(payment);
  if (isOver) throw refused(payment, outcome.error);
  if (outcome.kind === "refused") {
    const message = `${payment.provider} did not accept the request (${outcome.error.code}): check the config, then send it again`;
    throw new GatewayError("refund_not_accepted", message, {
      orderNo: payment.orderNo,
      providerError: outcome.error,
    });
  }
  if (outcome.kind === "unknown" || outcome.kind === "missing") throw unknown(payment);
  return stored;
}

function unknown({ provider, orderNo }: Payment): GatewayError {
  const message = `no clear answer from ${provider} yet: send the same request again`;
  return new GatewayError("refund_unknown", message, { orderNo });
}

function refused({ provider, orderNo }: Payment, error: { code: string; message: string }): GatewayError {
  const message = `${provider} refused this refund (${error.code}): correct it and use a new refund_no`;
  return new GatewayError("refund_refused", message, { orderNo, providerError: error });
}
