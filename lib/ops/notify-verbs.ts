import * as z from "zod";
import { plainId } from "../http/fields.ts";
import { resendNotification } from "../notify/resend-notification.ts";
import { resendUnreceived } from "../notify/resend-unreceived.ts";
import { listDeliveries, seriesAt } from "../storage/list-deliveries.ts";
import { notifyStatuses } from "../storage/tables.ts";
import { findMerchant, merchantIdOf } from "./find-merchant.ts";
import { findOrder, orderKey } from "./find-order.ts";
import { listLimit, merchantName, verb } from "./verb.ts";
import { withoutQuery } from "./without-query.ts";

export const notifyVerbs = {
  "notify list": verb(
    "notifications to merchants, latest first; without --status those that were never received",
    z.strictObject({
      merchant: merchantName.optional(),
      status: z.enum(notifyStatuses).optional(),
      limit: listLimit,
    }),
    async (gateway, { merchant, status, limit }) => {
      const statuses = status === undefined ? (["exhausted", "held"] as const) : [status];
      const userId = await merchantIdOf(gateway, merchant);
      return (await listDeliveries(gateway.db, { userId, statuses, limit })).map(deliveryLine);
    },
  ),
  "notify resend": verb(
    "tell a merchant an order's last event again, or the one that is named",
    orderKey.safeExtend({ event_id: plainId.optional() }),
    async (gateway, { event_id: eventId = null, ...key }) => {
      const { userId, orderNo } = (await findOrder(gateway, key)).payment;
      const { notifyStatus } = await resendNotification(gateway, { userId }, { orderNo, eventId });
      return { order_no: orderNo, user_id: userId, notify_status: notifyStatus };
    },
  ),
  "notify resend-exhausted": verb(
    "tell a merchant again whatever exhausted its attempts, with --held yes also what a 410 holds back",
    z.strictObject({ merchant: merchantName, held: z.literal("yes").optional() }),
    async (gateway, { merchant, held }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const series = { seriesAt: seriesAt.bind(null, gateway.db) };
      const statuses = held ? (["exhausted", "held"] as const) : (["exhausted"] as const);
      return { user_id: userId, ...(await resendUnreceived({ ...gateway, ...series }, userId, statuses)) };
    },
  ),
};

type Delivery = Awaited<ReturnType<typeof listDeliveries>>[number];

/** One line of a list; `outcome` is that of the attempt that the series stands at. */
export function deliveryLine({ url, ...row }: Delivery) {
  return { ...row, url: withoutQuery(url) };
}
