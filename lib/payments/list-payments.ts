import type { Caller } from "../domain/caller.ts";
import type { PaymentFilter, PaymentPage } from "../domain/payment.ts";
import type { Gateway } from "../gateway.ts";
import { readPaymentPage } from "../storage/payments/list-payments.ts";
import { shown } from "./link.ts";

/** One page of the merchant's payments as they are stored, newest first; no provider is called. */
export async function listPayments(
  gateway: Gateway,
  caller: Caller,
  filter: PaymentFilter,
): Promise<PaymentPage> {
  const { items, next } = await readPaymentPage(gateway.db, caller.userId, filter);
  const seen = await Promise.all(
    items.map(async (item) => ({ ...item, payment: await shown(gateway, item.payment) })),
  );
  return { items: seen, next };
}
