import * as z from "zod";
import type { ProviderEvent } from "../domain/provider.ts";
import { GatewayError } from "../errors.ts";
import { replayWebhook } from "../payments/replay-webhook.ts";
import { findOrder } from "../storage/payments/find-order.ts";
import { type EventSummary, findEvent, listEvents } from "../storage/webhook-events.ts";
import { command, listLimit, merchantName, orderNo, rowId } from "./command.ts";
import { merchantIdOf } from "./find-merchant.ts";

export const webhookCommands = {
  "webhook list": command(
    "list verified webhooks of the last 30 days, newest first",
    z.strictObject({
      merchant: merchantName.optional(),
      config_id: rowId.optional(),
      order_no: orderNo.optional(),
      limit: listLimit,
    }),
    async (gateway, { merchant, config_id: configId, order_no: orderNo, limit }) => {
      const userId = await merchantIdOf(gateway, merchant);
      return (await listEvents(gateway.db, { userId, configId, orderNo, limit })).map(eventLine);
    },
  ),
  "webhook replay": command(
    "apply a stored webhook again, with the same checks as on arrival",
    z.strictObject({ id: rowId, merchant: merchantName.optional() }),
    async (gateway, { id, merchant }) => {
      const event = await findEvent(gateway.db, id, await merchantIdOf(gateway, merchant));
      if (!event) throw new GatewayError("not_found", `there is no webhook ${id}: see webhook list`);
      const said = await replayWebhook(gateway, event);
      const orderNo = event.orderNo ?? said.map(orderNoIn).find((named) => named !== null) ?? null;
      const seen = orderNo === null ? null : await findOrder(gateway.db, event.userId, { orderNo });
      return {
        id,
        user_id: event.userId,
        event_type: event.eventType,
        said: said.map(({ kind }) => kind).join(", "),
        order_no: orderNo,
        status: seen?.payment.status ?? null,
        notify_status: seen?.notifyStatus ?? null,
      };
    },
  ),
};

/** Events that arrived before their order was known are stored without an order number. */
function orderNoIn(seen: ProviderEvent): string | null {
  return "orderNo" in seen ? seen.orderNo : null;
}

/** A webhook event as the list commands print it. */
export function eventLine(event: EventSummary) {
  return {
    id: event.id,
    user_id: event.userId,
    config_id: event.configId,
    provider: event.provider,
    event_type: event.eventType,
    event_id: event.eventId,
    order_no: event.orderNo,
    times: event.times,
    received_at: event.at,
    replayable: event.replayable,
  };
}
