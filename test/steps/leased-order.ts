import { randomUUID } from "node:crypto";
import type { Payment } from "../../lib/domain/payment.ts";
import type { PaymentState, PaymentStatus } from "../../lib/domain/payment-state.ts";
import type { Paid } from "../../lib/domain/provider.ts";
import type { Leased, Link } from "../../lib/domain/provider-request.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { ofMerchant } from "../../lib/storage/of-merchant.ts";
import { findOrder, findStoredOrder } from "../../lib/storage/payments/find-order.ts";
import { rowOf } from "../../lib/storage/payments/payment-rows.ts";
import { type Settled, settle } from "../../lib/storage/payments/settle.ts";
import { anOrder } from "./api.ts";
import { createThrough } from "./gateways.ts";
import type { Shop } from "./world.ts";

/**
 * An order as `createOrder` stores it, with the lease on its provider request, and with a state set
 * afterwards: the named one, or the usual one of a status.
 */
export async function leasedOrder(
  gateway: Gateway,
  shop: Shop,
  status: PaymentStatus | PaymentState,
): Promise<Leased> {
  const caught = Promise.withResolvers<Payment>();
  const stop = new Error("stop here");
  const of = async (payment: Payment) => {
    caught.resolve(payment);
    throw stop;
  };
  const stopping: Gateway = { ...gateway, configs: { ...gateway.configs, of } };
  createThrough(stopping, shop, anOrder()).catch((error) => error === stop || caught.reject(error));
  const { orderNo, outTradeNo } = await caught.promise;
  const { payment: created, providerRequest } = (await findStoredOrder(gateway.db, shop.userId, outTradeNo))!;
  const { lease_token: leaseToken } = await ofMerchant(gateway.db, shop.userId)
    .selectFrom("provider_requests")
    .select("lease_token")
    .where("order_id", "=", created.id)
    .executeTakeFirstOrThrow();
  await orderRow(gateway, created)
    .set({ state: stateOf(status) })
    .execute();
  const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo }))!;
  // To the caller of `createOrder`, its own call is no earlier one.
  return { payment, providerRequest: { ...providerRequest, unclearSince: null }, leaseToken };
}

const usual: Partial<Record<string, PaymentState>> = {
  processing: "requested",
  pending: "payable",
  success: "paid",
};
const stateOf = (name: PaymentStatus | PaymentState) => usual[name] ?? (name as PaymentState);

/** An UPDATE of a payment's row, for a test to change it directly. */
export const orderRow = (gateway: Gateway, payment: Payment) => rowOf(gateway.db, payment);

/** A payment link that is valid until the order expires. */
export const aLink = ({ expiresAt }: Payment, paymentId = "p"): Link => ({
  payable: { paymentId, paymentUrl: "https://pay.example", qrCode: "", extraData: {} },
  until: expiresAt,
  version: null,
});
/** The provider account that the payment was created with. */
export const accountOf = ({ providerAccount: account, livemode }: Payment) => ({ account, livemode });

/** The source that a status change of this payment needs: the provider account and a reason. */
export const saidOf = (payment: Payment, why = "test") => ({ ...accountOf(payment), why });

/** A provider event that this payment is paid, with a new transaction number. */
export const paidFact = ({ orderNo, providerAccount: account, amount, createdAt }: Payment): Paid => ({
  kind: "paid",
  orderNo,
  account,
  amount,
  tradeNo: `t-${randomUUID()}`,
  paidAt: createdAt,
  objectId: null,
});

/** Settles this payment as a poll of it does. */
export const settleByPoll = (
  gateway: Gateway,
  payment: Payment,
  paid = paidFact(payment),
): Promise<Settled> =>
  settle(gateway.db, paid, {
    ...accountOf(payment),
    userId: payment.userId,
    provider: payment.provider,
    now: gateway.clock.now(),
    source: "poll",
  });

/** A payment of 12.34 CNY with the status success. */
export async function settledPayment(gateway: Gateway, shop: Shop): Promise<Payment> {
  const { payment } = await leasedOrder(gateway, shop, "pending");
  await settleByPoll(gateway, payment);
  return (await findOrder(gateway.db, shop.userId, { orderNo: payment.orderNo }))!.payment;
}
