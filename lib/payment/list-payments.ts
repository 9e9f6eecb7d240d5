import type { Caller, Orders, PaymentFilter, PaymentPage } from "./ports.ts";

/** One page of the merchant's payments, newest first, as they are stored: nobody is asked. */
export function listPayments(
  gateway: { orders: Orders },
  caller: Caller,
  filter: PaymentFilter,
): Promise<PaymentPage> {
  return gateway.orders.list(caller.userId, filter);
}
