import * as z from "zod";
import { cursorOf, listPaymentsContract, paymentFilter } from "../http/list-contracts.ts";
import { resolveOrder } from "../payments/resolve-order.ts";
import { syncPayment } from "../payments/sync-payment.ts";
import { listAnomalies } from "../storage/anomalies.ts";
import { listDeliveries } from "../storage/deliveries/list-deliveries.ts";
import { listEveryonesPayments, readPaymentPage } from "../storage/payments/list-payments.ts";
import { orderRecord } from "../storage/payments/order-record.ts";
import { deliveryStatuses } from "../storage/tables.ts";
import { readTimeline } from "../storage/timeline.ts";
import { listEvents } from "../storage/webhook-events.ts";
import { anomalyLine } from "./anomaly-commands.ts";
import { command, merchantName, note } from "./command.ts";
import { merchantIdOf } from "./find-merchant.ts";
import { orderKey, requireOrder } from "./find-order.ts";
import { deliveryLine } from "./notify-commands.ts";
import { orderAnswer, orderLine } from "./order-answer.ts";
import { eventLine } from "./webhook-commands.ts";

/** More related rows than any real order has: the limit only matters if a provider floods us with events about one. */
const mostBeside = 200;

export const orderCommands = {
  "order show": command(
    "show everything stored about an order, except secrets, payment link and QR code",
    orderKey,
    async (gateway, key) => {
      const seen = await requireOrder(gateway, key);
      const { userId, orderNo, id: orderId } = seen.payment;
      const { attempts, refunds } = await orderRecord(gateway.db, seen.payment);
      const beside = { userId, limit: mostBeside };
      const events = await listEvents(gateway.db, { ...beside, orderNo });
      const anomalies = await listAnomalies(gateway.db, { ...beside, orderNo });
      const series = await listDeliveries(gateway.db, { ...beside, orderId, statuses: deliveryStatuses });
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
  "order list": command(
    "list orders of all merchants or one, newest first; pass next_cursor as --cursor for more",
    z.strictObject({ merchant: merchantName.optional(), ...listPaymentsContract.input.shape }),
    async (gateway, { merchant, ...input }) => {
      const filter = paymentFilter(input);
      const userId = await merchantIdOf(gateway, merchant);
      const page = userId
        ? await readPaymentPage(gateway.db, userId, filter)
        : await listEveryonesPayments(gateway.db, filter);
      return { items: page.items.map(orderLine), next_cursor: cursorOf(page.next) };
    },
  ),
  "order timeline": command(
    "show everything that happened to an order, oldest first",
    orderKey,
    async (gateway, key) => readTimeline(gateway.db, (await requireOrder(gateway, key)).payment),
  ),
  "order resolve": command(
    "close or fail an unpaid order whose outcome the provider does not report; the note goes into its timeline",
    orderKey.safeExtend({ as: z.enum(["closed", "failed"]), note }),
    async (gateway, { as, note, ...key }) => {
      const { payment } = await requireOrder(gateway, key);
      await resolveOrder(gateway, payment, { to: as, note });
      return orderAnswer(await requireOrder(gateway, { order_no: payment.orderNo }));
    },
  ),
  "order sync": command("fetch an order's state from the provider now", orderKey, async (gateway, key) =>
    orderAnswer(await syncPayment(gateway, (await requireOrder(gateway, key)).payment)),
  ),
};
