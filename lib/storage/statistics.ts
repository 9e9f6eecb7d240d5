import type { Database } from "./database.ts";
import { isDue } from "./deliveries/due-deliveries.ts";
import { acrossMerchants } from "./of-merchant.ts";

/** Everything in this file runs across merchants, for operators. */
export type StatisticsScope = {
  /** Absent: all merchants. */
  userId?: string;
  since: Date;
  now: Date;
};

/** Payments created since `since`; sums are minor units as text, because they may exceed a safe integer. */
export function countPayments(db: Database, { userId, since }: StatisticsScope) {
  return acrossMerchants(db, userId)
    .selectFrom("payment_orders")
    .select(["provider", "status", "currency"])
    .select(({ fn }) => [
      fn.countAll<string>().as("count"),
      fn.sum<string>("amount_minor").as("amount_minor"),
    ])
    .where("created_at", ">=", since)
    .groupBy(["provider", "status", "currency"])
    .orderBy("provider")
    .orderBy("status")
    .orderBy("currency")
    .execute();
}

/** Series that were received or superseded since `since`, and all others that were not received, however old. */
export function countDeliveries(db: Database, { userId, since }: StatisticsScope) {
  return acrossMerchants(db, userId)
    .selectFrom("deliveries")
    .select("status")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where((eb) =>
      eb.or([
        eb("status", "in", ["pending", "sending", "exhausted", "held"]),
        eb.and([eb("status", "in", ["success", "superseded"]), eb("due_at", ">=", since)]),
      ]),
    )
    .groupBy("status")
    .orderBy("status")
    .execute();
}

export async function oldestDueDelivery(
  db: Database,
  { userId, now }: StatisticsScope,
): Promise<Date | null> {
  const row = await acrossMerchants(db, userId)
    .selectFrom("deliveries")
    .select(({ fn }) => fn.min("due_at").as("due_at"))
    .where(isDue(now))
    .executeTakeFirstOrThrow();
  return row.due_at;
}

/** Payments and refunds whose poll is due. */
export async function countDuePolls(db: Database, { userId, now }: StatisticsScope): Promise<number> {
  let due = 0;
  for (const table of ["payment_orders", "refunds"] as const) {
    const { count } = await acrossMerchants(db, userId)
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("next_poll_at", "<=", now)
      .executeTakeFirstOrThrow();
    due += Number(count);
  }
  return due;
}

export async function countOpenAnomalies(db: Database, { userId }: StatisticsScope): Promise<number> {
  const { count } = await acrossMerchants(db, userId)
    .selectFrom("anomalies")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("status", "=", "open")
    .executeTakeFirstOrThrow();
  return Number(count);
}
