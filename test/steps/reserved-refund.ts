import { randomUUID } from "node:crypto";
import { secondsAfter } from "../../lib/clock.ts";
import { newProviderRefundNo } from "../../lib/domain/order-no.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { LeasedRefund } from "../../lib/domain/refund.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { type NewRefund, reserveRefund } from "../../lib/storage/refunds/reserve-refund.ts";
import { aRefundNo } from "./paid-order.ts";

/** A refund of `minor` units as `refunds.reserve` stores it, with its lease. */
export async function reservedRefund(
  gateway: Gateway,
  payment: Payment,
  minor: number,
  change: Partial<NewRefund> = {},
): Promise<LeasedRefund> {
  const now = gateway.clock.now();
  const providerRefundNo = newProviderRefundNo(now);
  const reserved = await reserveRefund(gateway.db, payment, {
    refundNo: aRefundNo(),
    providerRefundNo,
    prepared: {},
    idempotencyKey: providerRefundNo,
    amount: { minor, currency: payment.amount.currency },
    reason: "",
    request: "{}",
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, 20),
    nextPollAt: secondsAfter(now, 15),
    now,
    ...change,
  });
  if (reserved.kind !== "reserved") throw new Error(`not reserved: ${reserved.kind}`);
  return reserved.leased;
}
