import type { LedgerRow } from "../kernel/serve-simulator.ts";
import { returnedMinor } from "./capture.ts";
import { shownValue } from "./money.ts";
import { orderNoOf } from "./order.ts";
import type { Order } from "./records.ts";

/** The orders as `GET /_sim/payments` lists them. `trade_no` is the capture. */
export function ledger(orders: Order[]): LedgerRow[] {
  return orders.map((order) => ({
    provider: "paypal",
    account: order.account.merchantId,
    order_no: orderNoOf(order),
    payment_id: order.id,
    trade_no: order.capture?.id ?? null,
    status: ledgerStatus(order),
    provider_status: providerStatus(order),
    amount: shownValue(order.input.amount),
    amount_minor: order.input.amount.minor,
    currency: order.input.amount.currency,
    refunded_minor: order.capture ? returnedMinor(order.capture) : 0,
    created: orders.filter(
      (other) => other.account === order.account && orderNoOf(other) === orderNoOf(order),
    ).length,
    created_at: order.createdAt.toISOString(),
    paid_at: order.capture?.paidAt?.toISOString() ?? null,
    expires_at: order.lapsesAt.toISOString(),
  }));
}

function providerStatus({ status, lapsed, capture }: Order): string {
  if (lapsed) return `${status}/LAPSED`;
  return capture ? `${status}/${capture.status}` : status;
}

function ledgerStatus({ lapsed, capture, input }: Order): LedgerRow["status"] {
  if (lapsed) return "closed";
  if (!capture) return "open";
  if (capture.status === "PENDING") return "started";
  if (capture.status === "DECLINED") return "failed";
  return returnedMinor(capture) === input.amount.minor ? "refunded" : "paid";
}
