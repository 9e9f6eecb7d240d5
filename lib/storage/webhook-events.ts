import { sql } from "kysely";
import type { EventRecord, WebhookEvents } from "../payment/ports.ts";
import type { Database, OpenTransaction } from "./database.ts";

/** One row per notice of a provider, counted. It is a record, never a reason to stop: the first run may have died. */
export async function recordEvent(
  db: Database | OpenTransaction,
  event: EventRecord,
  orderNo: string | null,
): Promise<void> {
  await db
    .insertInto("webhook_events")
    .values({
      user_id: event.userId,
      config_id: event.configId,
      provider: event.provider,
      event_id: event.eventId,
      event_type: event.eventType,
      order_no: orderNo,
      sealed_body: event.sealedBody,
      received_at: event.at,
    })
    .onDuplicateKeyUpdate({ times: sql`times + 1` })
    .execute();
}

export function webhookEventsIn(db: Database): WebhookEvents {
  return { record: (event, orderNo) => recordEvent(db, event, orderNo) };
}
