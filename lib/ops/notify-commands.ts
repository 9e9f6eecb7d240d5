import * as z from "zod";
import { resendNotification } from "../deliveries/resend-notification.ts";
import { resendUnreceived } from "../deliveries/resend-unreceived.ts";
import { plainId } from "../http/fields.ts";
import { listDeliveries } from "../storage/deliveries/list-deliveries.ts";
import { deliveryStatuses } from "../storage/tables.ts";
import { command, listLimit, merchantName } from "./command.ts";
import { merchantIdOf, requireMerchant } from "./find-merchant.ts";
import { orderKey, requireOrder } from "./find-order.ts";
import { withoutQuery } from "./without-query.ts";

export const notifyCommands = {
  "notify list": command(
    "list notifications to merchants, latest first; without --status only those never received",
    z.strictObject({
      merchant: merchantName.optional(),
      status: z.enum(deliveryStatuses).optional(),
      limit: listLimit,
    }),
    async (gateway, { merchant, status, limit }) => {
      const statuses = status === undefined ? (["exhausted", "held"] as const) : [status];
      const userId = await merchantIdOf(gateway, merchant);
      return (await listDeliveries(gateway.db, { userId, statuses, limit })).map(deliveryLine);
    },
  ),
  "notify resend": command(
    "resend an order's last notification, or the one named by --event-id",
    orderKey.safeExtend({ event_id: plainId.optional() }),
    async (gateway, { event_id: eventId = null, ...key }) => {
      const { userId, orderNo } = (await requireOrder(gateway, key)).payment;
      const { notifyStatus } = await resendNotification(gateway, { userId }, { orderNo, eventId });
      return { order_no: orderNo, user_id: userId, notify_status: notifyStatus };
    },
  ),
  "notify resend-exhausted": command(
    "resend every notification of a merchant that exhausted its attempts; --held yes: also those held after a 410",
    z.strictObject({ merchant: merchantName, held: z.literal("yes").optional() }),
    async (gateway, { merchant, held }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const statuses = held ? (["exhausted", "held"] as const) : (["exhausted"] as const);
      return { user_id: userId, ...(await resendUnreceived(gateway, userId, statuses)) };
    },
  ),
};

type Delivery = Awaited<ReturnType<typeof listDeliveries>>[number];

/** A series of delivery attempts as the list commands print it; `outcome` is that of its latest attempt. */
export function deliveryLine({ url, ...row }: Delivery) {
  return { ...row, url: withoutQuery(url) };
}
