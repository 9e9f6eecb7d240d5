import { randomUUID } from "node:crypto";
import type { Gateway } from "../../lib/open-gateway.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Leased, Link, Settled } from "../../lib/payment/ports.ts";
import type { Paid } from "../../lib/payment/provider.ts";
import type { PaymentStatus } from "../../lib/payment/status.ts";
import { rowOf } from "../../lib/storage/payment-rows.ts";
import { anOrder } from "./api.ts";
import { createThrough } from "./gateways.ts";
import type { Shop } from "./world.ts";

/** An order as T1 leaves it, with the lease on its attempt, then put into `status` by hand. */
export async function leasedOrder(gateway: Gateway, shop: Shop, status: PaymentStatus): Promise<Leased> {
  const caught = Promise.withResolvers<Leased>();
  const stop = new Error("stop here");
  const stopping: Gateway = {
    ...gateway,
    orders: {
      ...gateway.orders,
      async create(wanted) {
        caught.resolve((await gateway.orders.create(wanted))!);
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

/** A payment's row, to be changed by hand. */
export const orderRow = (gateway: Gateway, payment: Payment) => rowOf(gateway.db, payment);

/** A link by hand, which opens until the order's end. */
export const aLink = ({ expiresAt }: Payment, paymentId = "p"): Link => ({
  payable: { paymentId, paymentUrl: "https://pay.example", qrCode: "", extraData: {} },
  until: expiresAt,
  version: null,
});
/** The account that the payment was made with. */
export const accountOf = ({ providerAccount: account, livemode }: Payment) => ({ account, livemode });

/** What the provider's answer about this payment is worth, for a move of its status. */
export const saidOf = (payment: Payment, why = "test") => ({ ...accountOf(payment), why });

/** The provider's word that this payment is paid, by a transaction of its own. */
export const paidFact = ({ orderNo, providerAccount: account, amount, createdAt }: Payment): Paid => ({
  kind: "paid",
  orderNo,
  account,
  amount,
  tradeNo: `t-${randomUUID()}`,
  paidAt: createdAt,
  objectId: null,
});

/** T3, as a look-up of this payment calls it. */
export const settle = (gateway: Gateway, payment: Payment, paid = paidFact(payment)): Promise<Settled> =>
  gateway.orders.settle(paid, {
    ...accountOf(payment),
    userId: payment.userId,
    provider: payment.provider,
    now: gateway.clock.now(),
    source: "look-up",
  });

/** A payment of 12.34 CNY that is success. */
export async function settledPayment(gateway: Gateway, shop: Shop): Promise<Payment> {
  const { payment } = await leasedOrder(gateway, shop, "pending");
  await settle(gateway, payment);
  return (await gateway.orders.find(shop.userId, { orderNo: payment.orderNo }))!.payment;
}
