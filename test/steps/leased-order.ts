import { randomUUID } from "node:crypto";
import type { Gateway } from "../../lib/open-gateway.ts";
import type { Payment } from "../../lib/payments/payment.ts";
import type { PaymentStatus } from "../../lib/payments/payment-status.ts";
import type { Leased, Link, Settled } from "../../lib/payments/ports.ts";
import type { Paid } from "../../lib/payments/provider.ts";
import { rowOf } from "../../lib/storage/payment-rows.ts";
import { anOrder } from "./api.ts";
import { createThrough } from "./gateways.ts";
import type { Shop } from "./world.ts";

/** An order as `orders.create` stores it, with the lease on its provider request, and with `status` set afterwards. */
export async function leasedOrder(gateway: Gateway, shop: Shop, status: PaymentStatus): Promise<Leased> {
  const caught = Promise.withResolvers<Leased>();
  const stop = new Error("stop here");
  const stopping: Gateway = {
    ...gateway,
    orders: {
      ...gateway.orders,
      async create(input) {
        caught.resolve((await gateway.orders.create(input))!);
        throw stop;
      },
    },
  };
  createThrough(stopping, shop, anOrder()).catch((error) => error === stop || caught.reject(error));
  const leased = await caught.promise;
  await orderRow(gateway, leased.payment).set({ status }).execute();
  const { payment } = (await gateway.orders.find(shop.userId, { orderNo: leased.payment.orderNo }))!;
  return { ...leased, payment };
}

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
export const settle = (gateway: Gateway, payment: Payment, paid = paidFact(payment)): Promise<Settled> =>
  gateway.orders.settle(paid, {
    ...accountOf(payment),
    userId: payment.userId,
    provider: payment.provider,
    now: gateway.clock.now(),
    source: "poll",
  });

/** A payment of 12.34 CNY with the status success. */
export async function settledPayment(gateway: Gateway, shop: Shop): Promise<Payment> {
  const { payment } = await leasedOrder(gateway, shop, "pending");
  await settle(gateway, payment);
  return (await gateway.orders.find(shop.userId, { orderNo: payment.orderNo }))!.payment;
}
