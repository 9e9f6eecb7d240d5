import { secondsAfter } from "../clock.ts";
import { unmadeStates } from "../domain/payment-state.ts";
import { inTransitStuckSeconds, stuckAfterSeconds } from "../domain/poll-schedule.ts";
import type { Database } from "./database.ts";
import { acrossMerchants } from "./of-merchant.ts";

/** Everything in this file runs across merchants, for operators; `userId` restricts it to one merchant. */
type Scope = { userId: string | undefined; now: Date; limit: number };

/** Refunds that are not final a day after they were requested, oldest first. */
export function stuckRefunds(db: Database, { userId, now, limit }: Scope) {
  return acrossMerchants(db, userId)
    .selectFrom("refunds as r")
    .innerJoin("payment_orders as o", (join) =>
      join.onRef("o.id", "=", "r.order_id").onRef("o.user_id", "=", "r.user_id"),
    )
    .select(["r.id", "r.user_id", "o.order_no", "o.provider", "r.refund_no", "r.provider_refund_no"])
    .select(["r.status", "r.created_at as since", "r.next_poll_at"])
    .where("r.status", "in", ["processing", "unknown"])
    .where("r.created_at", "<=", secondsAfter(now, -stuckAfterSeconds))
    .orderBy("r.created_at")
    .limit(limit)
    .execute();
}

/** Payments that should have ended a day ago (see `stuckFrom`), oldest first. */
export function stuckOrders(db: Database, { userId, now, limit }: Scope) {
  const dayAgo = secondsAfter(now, -stuckAfterSeconds);
  return acrossMerchants(db, userId)
    .selectFrom("payment_orders")
    .select(["order_no", "user_id", "provider", "config_id", "status", "created_at as since", "next_poll_at"])
    .where("status", "in", ["processing", "pending"])
    .where((eb) =>
      eb.or([
        eb.and([
          eb("state", "=", "in_transit"),
          eb("created_at", "<=", secondsAfter(now, -inTransitStuckSeconds)),
        ]),
        eb.and([eb("state", "in", unmadeStates), eb("created_at", "<=", dayAgo)]),
        eb.and([eb("state", "not in", [...unmadeStates, "in_transit"]), eb("expires_at", "<=", dayAgo)]),
      ]),
    )
    .orderBy("created_at")
    .limit(limit)
    .execute();
}

/** Open anomalies by kind and config; groups with the oldest anomaly come first. */
export function openAnomalies(db: Database, { userId, limit }: Scope) {
  return acrossMerchants(db, userId)
    .selectFrom("anomalies")
    .select(["kind", "config_id", "user_id"])
    .select(({ fn }) => [fn.countAll<string>().as("count"), fn.min("created_at").as("since")])
    .where("status", "=", "open")
    .groupBy(["kind", "config_id", "user_id"])
    .orderBy("since")
    .limit(limit)
    .execute();
}

/** Notifications that were given up or are held back, by merchant and endpoint. */
export function unreceived(db: Database, { userId, limit }: Scope) {
  return acrossMerchants(db, userId)
    .selectFrom("deliveries")
    .select(["user_id", "endpoint", "status"])
    .select(({ fn }) => [
      fn.countAll<string>().as("count"),
      fn.min("due_at").as("since"),
      fn.max("url").as("url"),
    ])
    .where("status", "in", ["exhausted", "held"])
    .groupBy(["user_id", "endpoint", "status"])
    .orderBy("since")
    .limit(limit)
    .execute();
}
