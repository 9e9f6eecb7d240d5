import { type ExpressionBuilder, sql } from "kysely";
import type { Claim } from "../../domain/delivery.ts";
import { earlyMs, type WakeUp } from "../../domain/wake-up.ts";
import { type Database, type OpenTransaction, transact } from "../database.ts";
import { lockMerchant } from "../lock-merchant.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import type { Tables } from "../tables.ts";
import { abandon } from "./abandoned-sends.ts";

/** Limit of concurrent sends to one endpoint, so that a slow merchant delays no other. */
export const mostInFlight = 10;

type Lease = { leaseToken: string; leaseUntil: Date; now: Date };

/** Lets one sender take the attempt that the wake-up names. The UPDATE's WHERE decides, not what was read before. */
export const claimDelivery = (db: Database, wakeUp: WakeUp, lease: Lease): Promise<Claim> =>
  transact(db, (trx) => claim(trx, wakeUp, lease));

async function claim(trx: OpenTransaction, wakeUp: WakeUp, lease: Lease): Promise<Claim> {
  const { leaseToken, leaseUntil, now } = lease;
  // mutation: claim-lock
  await lockMerchant(trx, wakeUp.userId);
  const row = await read(trx, wakeUp);
  if (!row) return { kind: "gone" };
  // mutation: claim-held-endpoint
  if (
    row.held_since !== null &&
    /* mutation: claim-held-resend */ !(await isResend(trx, row)) &&
    !(await receivedSince(trx, row))
  ) {
    await hold(trx, wakeUp, now);
    return { kind: "gone" };
  }
  const abandoned = await abandon(trx, row, now);
  if (abandoned) return abandoned;
  const claimed = await taskRow(trx, wakeUp)
    .set((eb) => ({
      status: "sending",
      lease_token: leaseToken,
      lease_until: leaseUntil,
      try_no: eb("try_no", "+", 1),
      updated_at: now,
    }))
    // mutation: claim-due
    .where("due_at", "<=", new Date(now.getTime() + earlyMs))
    .where(isFree(now))
    .where(inFlight(row, now), "<", /* mutation: claim-most-in-flight */ mostInFlight)
    .executeTakeFirstOrThrow();
  // An earlier COMMIT of this claim may have succeeded while its response was lost.
  const isRepeat = row.lease_token === /* mutation: claim-repeated-commit */ leaseToken;
  if (claimed.numUpdatedRows !== 1n && !isRepeat) return whyNot(row, wakeUp, now);
  const tryNo = isRepeat ? row.try_no : row.try_no + 1;
  await ofMerchant(trx, row.user_id)
    .insertInto("delivery_attempts")
    .values({
      task_id: row.id,
      attempt: row.attempt,
      try_no: tryNo,
      started_at: now,
    })
    .onDuplicateKeyUpdate({ started_at: now })
    .execute();
  return {
    kind: "claimed",
    task: {
      id: row.id,
      userId: row.user_id,
      generation: row.generation,
      attempt: row.attempt,
      tryNo,
      eventId: row.event_id,
      url: row.url,
      endpoint: row.endpoint,
      payload: row.payload,
      encryptedSecrets: row.notify_secrets,
      leaseUntil,
    },
  };
}

/** An UPDATE of the delivery's row that matches only the generation and attempt that the wake-up names. */
const taskRow = (trx: OpenTransaction, { taskId, userId, generation, attempt }: WakeUp) =>
  // mutation: claim-owner
  ofMerchant(trx, userId)
    .updateTable("deliveries")
    .where("id", "=", taskId)
    // mutation: claim-generation
    .where("generation", "=", generation)
    // mutation: claim-attempt
    .where("attempt", "=", attempt);

/** No sender has it: it is pending, or its sender's lease has expired. */
const isFree = (now: Date) => (eb: ExpressionBuilder<Tables, "deliveries">) =>
  eb.or([
    /* mutation: claim-status */ eb("status", "=", "pending"),
    eb.and([
      eb("status", "=", /* mutation: claim-sending */ "sending"),
      eb("lease_until", /* mutation: claim-lease-over */ "<", now),
    ]),
  ]);

/** How many other notifications are being sent to this endpoint, which is one merchant's URL. */
const inFlight = ({ id, endpoint }: { id: string; endpoint: string }, now: Date) => sql<number>`
  (SELECT COUNT(*) FROM (
     SELECT n.id FROM deliveries n
     WHERE n.endpoint = ${endpoint} AND n.id <> ${id} AND n.status = 'sending' AND n.lease_until >= ${/* mutation: claim-in-flight-lease */ now}
   ) AS in_flight)`;

/** When this endpoint, which is one merchant's URL, last answered 410 Gone. */
const heldSince = sql<Date | null>`
  (SELECT MAX(held.due_at) FROM deliveries held WHERE held.endpoint = n.endpoint AND held.status = 'held')`;

function read(trx: OpenTransaction, { taskId, userId }: WakeUp) {
  return /* mutation: claim-read-owner */ ofMerchant(trx, userId)
    .selectFrom("deliveries as n")
    .innerJoin("users as u", "u.id", "n.user_id")
    .select([
      "n.id",
      "n.user_id",
      "n.generation",
      "n.attempt",
      "n.try_no",
      "n.subject_type",
      "n.subject_id",
      "n.event",
      "n.event_id",
      "n.url",
      "n.endpoint",
    ])
    .select(["n.payload", "n.status", "n.due_at", "n.lease_token", "n.lease_until", "u.notify_secrets"])
    .select(heldSince.as("held_since"))
    .where("n.id", "=", taskId)
    .executeTakeFirst();
}

type EventRow = {
  user_id: string;
  subject_type: string;
  subject_id: string;
  event: string;
  event_id: string;
  generation: number;
};

/** A resend has the event id of an older generation; it is sent even if the endpoint is held. */
async function isResend(trx: OpenTransaction, row: EventRow): Promise<boolean> {
  if (row.generation === 1) return false;
  const older = await ofMerchant(trx, row.user_id)
    .selectFrom("deliveries")
    .select("id")
    .where("subject_type", "=", row.subject_type)
    .where("subject_id", "=", row.subject_id)
    .where("event", "=", row.event)
    .where("generation", "<", row.generation)
    // mutation: resend-same-event
    .where("event_id", "=", row.event_id)
    .limit(1)
    .executeTakeFirst();
  return older !== undefined;
}

/**
 * Whether the endpoint has received a notification after its last 410 Gone; a resend may have superseded that
 * notification's row since. Across merchants: an endpoint is one merchant's URL.
 */
async function receivedSince(
  trx: OpenTransaction,
  { endpoint, held_since }: { endpoint: string; held_since: Date | null },
): Promise<boolean> {
  const received = await acrossMerchants(trx)
    .selectFrom("deliveries as n")
    .innerJoin("delivery_attempts as a", "a.task_id", "n.id")
    .select("a.id")
    .where("n.endpoint", "=", endpoint)
    .where("n.status", "in", ["success", "superseded"])
    .where("n.due_at", ">", held_since)
    .where("a.outcome", "=", "received")
    .limit(1)
    .executeTakeFirst();
  return received !== undefined;
}

async function hold(trx: OpenTransaction, wakeUp: WakeUp, now: Date): Promise<void> {
  await taskRow(trx, wakeUp)
    .set({ status: "held", lease_token: null, lease_until: null, updated_at: now })
    .where("due_at", "<=", now)
    .where(isFree(now))
    .execute();
}

type Unclaimed = {
  status: string;
  generation: number;
  attempt: number;
  due_at: Date;
  lease_until: Date | null;
};

function whyNot(row: Unclaimed, wakeUp: WakeUp, now: Date): Claim {
  if (row.generation !== wakeUp.generation || row.attempt !== wakeUp.attempt) return { kind: "gone" };
  if (row.status === "pending" && row.due_at.getTime() > now.getTime() + earlyMs)
    return { kind: "early", due: row.due_at };
  const free =
    row.status === "pending" ||
    (row.status === "sending" && row.lease_until !== null && row.lease_until < now);
  return { kind: free ? "full" : "gone" };
}
