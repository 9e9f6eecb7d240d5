import { initial, type Payment } from "../../domain/payment.ts";
import type { Leased, NewOrder } from "../../domain/provider-request.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { orderRow } from "./order-columns.ts";

/**
 * Inserts the order and its provider request, leased to the caller. `null`: the merchant has used this `out_trade_no`
 * before. A repeat after a COMMIT with an unknown outcome recognises its own order by the lease token.
 */
export async function createOrder(db: Database, order: NewOrder): Promise<Leased | null> {
  let orderId: string;
  try {
    orderId = await transact(db, (trx) => insertOrder(trx, order));
  } catch (error) {
    if (
      /* mutation: create-duplicate-number */ !isDuplicate(error, "user_order") &&
      !isDuplicate(error, "order_no")
    )
      throw error;
    const mine = await ofMerchant(db, order.userId)
      .selectFrom("payment_orders as o")
      .innerJoin("provider_requests as a", "a.order_id", "o.id")
      .select("a.order_id")
      .where("o.out_trade_no", "=", order.outTradeNo)
      // mutation: create-order-own
      .where("a.lease_token", "=", order.leaseToken)
      .executeTakeFirst();
    // mutation: create-repeated-commit
    if (!mine) return null;
    orderId = mine.order_id;
  }
  const {
    request: _request,
    fingerprint: _fingerprint,
    prepared,
    idempotencyKey,
    leaseToken,
    leaseUntil,
    ...rest
  } = order;
  const payment: Payment = { ...initial, ...rest, id: orderId };
  const providerRequest = { idempotencyKey, prepared, done: false, leaseUntil, unclearSince: null };
  return { payment, providerRequest, leaseToken };
}

async function insertOrder(trx: OpenTransaction, order: NewOrder): Promise<string> {
  const rows = ofMerchant(trx, order.userId);
  const { insertId } = await rows
    .insertInto("payment_orders")
    .values({
      ...orderRow.write({
        ...initial,
        ...order,
        amountMinor: order.amount.minor,
        currency: order.amount.currency,
      }),
      request: order.request,
      fingerprint: order.fingerprint,
    })
    .executeTakeFirstOrThrow();
  const orderId = String(insertId);
  await rows
    .insertInto("provider_requests")
    .values({
      order_id: orderId,
      idempotency_key: order.idempotencyKey,
      prepared: JSON.stringify(order.prepared),
      lease_token: order.leaseToken,
      lease_until: order.leaseUntil,
      // The call to the provider is about to start; a clear response resets this.
      unclear_since: order.createdAt,
      created_at: order.createdAt,
    })
    .execute();
  return orderId;
}
