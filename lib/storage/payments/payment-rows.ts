import { type Expression, type Selectable, type SqlBool, sql } from "kysely";
import type { Account } from "../../domain/config.ts";
import type { Payment } from "../../domain/payment.ts";
import type { ProviderRequest } from "../../domain/provider-request.ts";
import { safeMinor } from "../../money/money.ts";
import type { Database, OpenTransaction } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import type { PaymentOrdersTable, Tables } from "../tables.ts";

export const orderColumns = [
  "id",
  "order_no",
  "user_id",
  "config_id",
  "provider",
  "provider_account",
  "scene",
  "out_trade_no",
  "subject",
  "body",
  "amount_minor",
  "currency",
  "state",
  "status",
  "version",
  "trade_no",
  "payment_id",
  "payable",
  "payable_until",
  "payable_version",
  "refusal",
  "notify_url",
  "return_url",
  "metadata",
  "livemode",
  "late_success",
  "close_requested",
  "refunded_minor",
  "refund_reserved_minor",
  "capture_key",
  "poll_count",
  "created_at",
  "updated_at",
  "expires_at",
  "paid_at",
  "closed_at",
  "polled_at",
  "next_poll_at",
  "unanswered_since",
  "quiet_from",
] as const satisfies (keyof PaymentOrdersTable)[];

type OrderRow = Pick<Selectable<PaymentOrdersTable>, (typeof orderColumns)[number]>;

export function paymentOf(row: OrderRow): Payment {
  return {
    id: row.id,
    orderNo: row.order_no,
    userId: row.user_id,
    configId: row.config_id,
    provider: row.provider,
    providerAccount: row.provider_account,
    scene: row.scene,
    outTradeNo: row.out_trade_no,
    subject: row.subject,
    body: row.body,
    amount: { minor: safeMinor(row.amount_minor), currency: row.currency },
    state: row.state,
    status: row.status,
    version: row.version,
    tradeNo: row.trade_no ?? "",
    objectId: row.payment_id,
    payable: row.payable === null ? null : JSON.parse(row.payable),
    payableUntil: row.payable_until,
    payableVersion: row.payable_version,
    refusal: row.refusal === null ? null : JSON.parse(row.refusal),
    notifyUrl: row.notify_url,
    returnUrl: row.return_url,
    metadata: JSON.parse(row.metadata),
    livemode: row.livemode === 1,
    lateSuccess: row.late_success === 1,
    closeRequested: row.close_requested === 1,
    refundedMinor: safeMinor(row.refunded_minor),
    reservedMinor: safeMinor(row.refund_reserved_minor),
    captureKey: row.capture_key,
    pollCount: row.poll_count,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    paidAt: row.paid_at,
    closedAt: row.closed_at,
    polledAt: row.polled_at,
    nextPollAt: row.next_poll_at,
    unansweredSince: row.unanswered_since,
    quietFrom: row.quiet_from,
  };
}

export function providerRequestOf(
  row: Pick<
    Selectable<Tables["provider_requests"]>,
    "id" | "idempotency_key" | "prepared" | "done" | "lease_until" | "unclear_since"
  >,
): ProviderRequest {
  return {
    id: row.id,
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
