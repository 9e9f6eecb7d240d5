import { type Selectable, sql } from "kysely";
import type { EventRecord, StoredEvent } from "../domain/webhook-event.ts";
import type { Database, OpenTransaction } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import type { WebhookEventsTable } from "./tables.ts";

/**
 * Records a webhook event: one row per event id, with a counter. Duplicates are still processed, because the first run
 * may have died.
 */
export async function recordEvent(
  db: Database | OpenTransaction,
  event: EventRecord,
  orderNo: string | null,
): Promise<void> {
  await ofMerchant(db, event.userId)
    .insertInto("webhook_events")
    .values({
      config_id: event.configId,
      provider: event.provider,
      event_id: event.eventId,
      event_type: event.eventType,
      order_no: orderNo,
      encrypted_body: event.encryptedBody,
      received_at: event.at,
    })
    // mutation: webhook-event-repeated
    .onDuplicateKeyUpdate({ times: sql`times + 1` })
    .execute();
}

/** An absent field means all merchants, configs or orders. */
export type EventFilter = {
  userId?: string;
  configId?: string;
  orderNo?: string;
  limit: number;
};

/** Everything except the body, which is decrypted only for a replay. */
export type EventSummary = Omit<StoredEvent, "encryptedBody"> & { replayable: boolean };

/** Newest first; across merchants, for operators. */
export async function listEvents(db: Database, filter: EventFilter): Promise<EventSummary[]> {
  const { userId, configId, orderNo, limit } = filter;
  const rows = await acrossMerchants(db, userId)
    .selectFrom("webhook_events")
    .select(summaryColumns)
    .select(sql<number | string>`encrypted_body IS NOT NULL`.as("replayable"))
    .$if(configId !== undefined, (query) => query.where("config_id", "=", configId!))
    .$if(orderNo !== undefined, (query) => query.where("order_no", "=", orderNo!))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...summaryOf(row), replayable: Number(row.replayable) === 1 }));
}

/** Across merchants: an operator may name an event by its id alone. Later calls carry its `userId`. */
export async function findEvent(db: Database, id: string, userId?: string): Promise<StoredEvent | null> {
  const row = await acrossMerchants(db, userId)
    .selectFrom("webhook_events")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row ? { ...summaryOf(row), encryptedBody: row.encrypted_body } : null;
}

/**
 * Events that still have a body, with ids above `id`, in order of id. Across merchants: all bodies are re-encrypted.
 */
export async function bodiesAfter(db: Database, id: string, limit: number) {
  const rows = await acrossMerchants(db)
    .selectFrom("webhook_events")
    .select(summaryColumns)
    .select("encrypted_body")
    .where("id", ">", id)
    .where("encrypted_body", "is not", null)
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...summaryOf(row), encryptedBody: row.encrypted_body! }));
}

/** Replaces a body by its re-encrypted text if the stored text is still the one that was read; `false`: it is not. */
export async function saveBody(
  db: Database,
  event: Pick<StoredEvent, "id" | "userId" | "encryptedBody">,
  encrypted: string,
): Promise<boolean> {
  const saved = await ofMerchant(db, event.userId)
    .updateTable("webhook_events")
    .set({ encrypted_body: encrypted })
    .where("id", "=", event.id)
    .where("encrypted_body", "=", event.encryptedBody)
    .executeTakeFirstOrThrow();
  return saved.numUpdatedRows === 1n;
}

const summaryColumns = [
  "id",
  "user_id",
  "config_id",
  "provider",
  "event_id",
  "event_type",
  "order_no",
  "times",
  "received_at",
] as const satisfies (keyof WebhookEventsTable)[];

function summaryOf(row: Pick<Selectable<WebhookEventsTable>, (typeof summaryColumns)[number]>) {
  return {
    id: row.id,
    userId: row.user_id,
    configId: row.config_id,
    provider: row.provider,
    eventId: row.event_id,
    eventType: row.event_type,
    orderNo: row.order_no,
    times: row.times,
    at: row.received_at,
  };
}
