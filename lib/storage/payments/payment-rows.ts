import { type Expression, type Selectable, type SqlBool, sql } from "kysely";
import type { Account } from "../../domain/config.ts";
import type { NotifyState } from "../../domain/delivery.ts";
import type { Payment } from "../../domain/payment.ts";
import type { ProviderRequest } from "../../domain/provider-request.ts";
import type { Database, OpenTransaction } from "../database.ts";
import type { Rows } from "../of-merchant.ts";
import { ofMerchant } from "../of-merchant.ts";
import type { DeliveryStatus, Tables } from "../tables.ts";
import { joinedOrderColumns, type OrderRow, orderColumns, orderRow } from "./order-columns.ts";

export function paymentOf(row: OrderRow): Payment {
  const { amountMinor: minor, currency, ...payment } = orderRow.read(row);
  return { ...payment, amount: { minor, currency } };
}

/** Payments with the status of the last notification of each. */
export function paymentsWithNotifyStatus(rows: Rows) {
  return rows
    .selectFrom("payment_orders as o")
    .select(joinedOrderColumns)
    .select((eb) =>
      eb
        .selectFrom("deliveries as n")
        .select("n.status")
        .whereRef("n.order_id", "=", "o.id")
        .where("n.subject_type", "=", "payment")
        .orderBy("n.id", "desc")
        .limit(1)
        .as("notify_status"),
    );
}

export const seenPaymentOf = (row: OrderRow & { notify_status: DeliveryStatus | null }) => ({
  payment: paymentOf(row),
  notifyStatus: (row.notify_status ?? "none") as NotifyState,
});

export function providerRequestOf(
  row: Pick<
    Selectable<Tables["provider_requests"]>,
    "idempotency_key" | "prepared" | "done" | "lease_until" | "unclear_since"
  >,
): ProviderRequest {
  return {
    idempotencyKey: row.idempotency_key,
    prepared: JSON.parse(row.prepared),
    done: row.done === 1,
    leaseUntil: row.lease_until,
    unclearSince: row.unclear_since,
  };
}

/** Locks the order's row. It serialises the transactions that decide by rows of this order in other tables. */
export async function lockOrder(trx: OpenTransaction, { id, userId }: Payment): Promise<void> {
  const row = ofMerchant(trx, userId).selectFrom("payment_orders").select("id").where("id", "=", id);
  await row.forUpdate().execute();
}

/** The current payment, read inside the transaction that has just written it. */
export async function readPayment(trx: OpenTransaction, { id, userId }: Payment): Promise<Payment> {
  const row = await ofMerchant(trx, userId)
    .selectFrom("payment_orders")
    .select(orderColumns)
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return paymentOf(row);
}

/**
 * Whether the provider's object is the payment's own. While none is stored, the provider's adapter checks that the
 * object carries our order number.
 */
export function madeIt(objectId: string | null | undefined): Expression<SqlBool> {
  return sql<SqlBool>`(${objectId ?? null} IS NULL OR payment_id IS NULL OR payment_id = ${objectId ?? null})`;
}

/** Whether the payment was made with this provider account. */
export function ofAccount({ account, livemode }: Account): Expression<SqlBool> {
  // mutation: account-livemode
  return sql<SqlBool>`(provider_account = ${account} AND livemode = ${livemode ? 1 : 0})`;
}

/** An UPDATE of the payment's row. */
export const rowOf = (db: Database, payment: Payment) =>
  ofMerchant(db, payment.userId).updateTable("payment_orders").where("id", "=", payment.id);
