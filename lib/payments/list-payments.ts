import type { Clock } from "../clock.ts";
import type { Configs } from "./config-ports.ts";
import { shown } from "./link.ts";
import type { Caller, Orders, PaymentFilter, PaymentPage } from "./ports.ts";

/** One page of the merchant's payments as they are stored, newest first; no provider is called. */
export async function listPayments(
  gateway: { clock: Clock; orders: Orders; configs: Configs },
  caller: Caller,
  filter: PaymentFilter,
): Promise<PaymentPage> {
  const { items, next } = await gateway.orders.list(caller.userId, filter);
  const seen = await Promise.all(
    items.map(async (item) => ({ ...item, payment: await shown(gateway, item.payment) })),
  );
  return { items: seen, next };
}
