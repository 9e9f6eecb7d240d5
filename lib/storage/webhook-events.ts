import { type Selectable, sql } from "kysely";
import type { EventRecord, StoredEvent, WebhookEvents } from "../payment/event-ports.ts";
import { type Database, type OpenTransaction, repeating } from "./database.ts";
import { forgetOldest } from "./forget-oldest.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import type { WebhookEventsTable } from "./tables.ts";

/** One row per notice of a provider, counted. It is a record, never a reason to stop: the first run may have died. */
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
      sealed_body: event.sealedBody,
      received_at: event.at,
    })
    // mutation: webhook-event-repeated
    .onDuplicateKeyUpdate({ times: sql`times + 1` })
    .execute();
}

export function webhookEventsIn(db: Database): WebhookEvents {
  return {
    record: (event, orderNo) => recordEvent(db, event, orderNo),
    forget: (time, limit) => repeating(() => forgetOldest(db, "webhook_events", "received_at", time, limit)),
  };
}

/** Absent: of every merchant, config or order. */
export type EventFilter = {
  userId?: string;
  configId?: string;
  orderNo?: string;
  limit: number;
};

/** All but the body, which is opened for a replay only. */
export type EventSummary = Omit<StoredEvent, "sealedBody"> & { replayable: boolean };

/** Newest first; across merchants, for operators. */
export async function listEvents(db: Database, filter: EventFilter): Promise<EventSummary[]> {
  const { userId, configId, orderNo, limit } = filter;
  const rows = await acrossMerchants(db, userId)
    .selectFrom("webhook_events")
    .select(summaryColumns)
    .select(sql<number | string>`sealed_body IS NOT NULL`.as("replayable"))
    .$if(configId !== undefined, (query) => query.where("config_id", "=", configId!))
    .$if(orderNo !== undefined, (query) => query.where("order_no", "=", orderNo!))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...summaryOf(row), replayable: Number(row.replayable) === 1 }));
}

/** Across merchants, because an operator may name an event by its id alone; what follows carries its `userId`. */
export async function findEvent(db: Database, id: string, userId?: string): Promise<StoredEvent | null> {
  const row = await acrossMerchants(db, userId)
    .selectFrom("webhook_events")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row ? { ...summaryOf(row), sealedBody: row.sealed_body } : null;
}

/** Those whose bodies are kept, by id, behind this one. Across merchants: all are sealed anew. */
export async function bodiesAfter(db: Database, id: string, limit: number) {
  const rows = await acrossMerchants(db)
    .selectFrom("webhook_events")
    .select(summaryColumns)
    .select("sealed_body")
    .where("id", ">", id)
    .where("sealed_body", "is not", null)
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...summaryOf(row), sealedBody: row.sealed_body! }));
}

/** Stores a body that was sealed anew over the text that was read; `false`: it is not there any more. */
export async function saveBody(
  db: Database,
  event: Pick<StoredEvent, "id" | "userId" | "sealedBody">,
  sealed: string,
): Promise<boolean> {
  const saved = await ofMerchant(db, event.userId)
    .updateTable("webhook_events")
    .set({ sealed_body: sealed })
    .where("id", "=", event.id)
    .where("sealed_body", "=", event.sealedBody)
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
