import type { PaymentFilter, PaymentPage } from "../../domain/payment.ts";
import type { Database } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import { paymentsWithNotifyStatus, seenPaymentOf } from "./payment-rows.ts";

/** One page of a merchant's payments, newest first; the next page starts after the last row's time and id. */
export function readPaymentPage(db: Database, userId: string, filter: PaymentFilter): Promise<PaymentPage> {
  return pageOf(paymentsWithNotifyStatus(/* mutation: list-payments-owner */ ofMerchant(db, userId)), filter);
}

/** `listPayments` across merchants; for operators only. */
export function listEveryonesPayments(db: Database, filter: PaymentFilter): Promise<PaymentPage> {
  return pageOf(paymentsWithNotifyStatus(acrossMerchants(db)), filter);
}

async function pageOf(
  payments: ReturnType<typeof paymentsWithNotifyStatus>,
  filter: PaymentFilter,
): Promise<PaymentPage> {
  const { status, provider, from, to, after, limit } = filter;
  const rows = await payments
    .$if(status !== undefined, (query) => query.where("o.status", "=", status!))
    .$if(provider !== undefined, (query) => query.where("o.provider", "=", provider!))
    .$if(from !== undefined, (query) => query.where("o.created_at", ">=", from!))
    .$if(to !== undefined, (query) => query.where("o.created_at", "<", to!))
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb("o.created_at", "<", after!.createdAt),
          eb.and([eb("o.created_at", "=", after!.createdAt), eb("o.id", "<", after!.id)]),
        ]),
      ),
    )
    .orderBy("o.created_at", "desc")
    .orderBy("o.id", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map(seenPaymentOf);
  const last = items.at(-1)?.payment;
  return { items, next: rows.length > limit && last ? { createdAt: last.createdAt, id: last.id } : null };
}
