import * as z from "zod";
import { cursorOf, listPaymentsContract, paymentFilter } from "../http/list-contracts.ts";
import { resolveOrder } from "../payment/resolve-order.ts";
import { syncPayment } from "../payment/sync-payment.ts";
import { listAnomalies } from "../storage/anomalies.ts";
import { listDeliveries } from "../storage/list-deliveries.ts";
import { listEveryonesPayments } from "../storage/list-payments.ts";
import { orderRecord } from "../storage/order-record.ts";
import { notifyStatuses } from "../storage/tables.ts";
import { listEvents } from "../storage/webhook-events.ts";
import { anomalyLine } from "./anomaly-verbs.ts";
import { merchantIdOf } from "./find-merchant.ts";
import { findOrder, orderKey } from "./find-order.ts";
import { deliveryLine } from "./notify-verbs.ts";
import { orderAnswer, orderLine } from "./order-answer.ts";
import { merchantName, note, verb } from "./verb.ts";
import { eventLine } from "./webhook-verbs.ts";

/** More than any order has; a flood of notices about one must not fill the answer. */
const mostBeside = 200;

export const orderVerbs = {
  "order show": verb(
    "everything stored about an order, without secrets and what the buyer pays with",
    orderKey,
    async (gateway, key) => {
      const seen = await findOrder(gateway, key);
      const { userId, orderNo, id: orderId } = seen.payment;
      const { attempts, refunds } = await orderRecord(gateway.db, seen.payment);
      const beside = { userId, limit: mostBeside };
      const events = await listEvents(gateway.db, { ...beside, orderNo });
      const anomalies = await listAnomalies(gateway.db, { ...beside, orderNo });
      const series = await listDeliveries(gateway.db, { ...beside, orderId, statuses: notifyStatuses });
      return {
        ...orderAnswer(seen),
        attempts,
        refunds,
        notifications: series.map(deliveryLine),
        webhooks: events.map(eventLine),
        anomalies: anomalies.map(anomalyLine),
      };
    },
  ),
  "order list": verb(
    "orders, newest first, of all merchants or one; the next page begins at next_cursor",
    z.strictObject({ merchant: merchantName.optional(), ...listPaymentsContract.wanted.shape }),
    async (gateway, { merchant, ...wanted }) => {
      const filter = paymentFilter(wanted);
      const userId = await merchantIdOf(gateway, merchant);
      const page = userId
        ? await gateway.orders.list(userId, filter)
        : await listEveryonesPayments(gateway.db, filter);
      return { items: page.items.map(orderLine), next_cursor: cursorOf(page.next) };
    },
  ),
  "order timeline": verb(
    "everything that happened to an order, oldest first",
    orderKey,
    async (gateway, key) => gateway.timeline.read((await findOrder(gateway, key)).payment),
  ),
  "order resolve": verb(
    "end an unpaid order of which the provider gives no word; the note is in its timeline. It is never made a success",
    orderKey.safeExtend({ as: z.enum(["closed", "failed"]), note }),
    async (gateway, { as, note, ...key }) => {
      const { payment } = await findOrder(gateway, key);
      await resolveOrder(gateway, payment, { to: as, note });
      return orderAnswer(await findOrder(gateway, { order_no: payment.orderNo }));
    },
  ),
  "order sync": verb("ask the provider about an order now", orderKey, async (gateway, key) =>
    orderAnswer(await syncPayment(gateway, (await findOrder(gateway, key)).payment)),
  ),
};
