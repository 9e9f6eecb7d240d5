import { type ExpressionBuilder, sql } from "kysely";
import type { Claim } from "../notify/ports.ts";
import { earlyMs } from "../payment/hint-time.ts";
import type { Hint } from "../payment/ports.ts";
import { abandon } from "./abandoned-sends.ts";
import type { OpenTransaction } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import type { Tables } from "./tables.ts";
import { takeTurn } from "./take-turn.ts";

/** Sends to one endpoint at the same time; a slow merchant delays no other. */
export const mostInFlight = 10;

type Lease = { leaseToken: string; leaseUntil: Date; now: Date };

/** T6. The UPDATE decides, by everything that the row was read for. */
export async function claim(trx: OpenTransaction, hint: Hint, lease: Lease): Promise<Claim> {
  const { leaseToken, leaseUntil, now } = lease;
  // mutation: claim-lock
  await takeTurn(trx, hint.userId);
  const row = await read(trx, hint);
  if (!row) return { kind: "gone" };
  // mutation: claim-held-endpoint
  if (
    row.held_since !== null &&
    /* mutation: claim-held-resend */ !(await isResend(trx, row)) &&
    !(await receivedSince(trx, row))
  ) {
    await hold(trx, hint, now);
    return { kind: "gone" };
  }
  const abandoned = await abandon(trx, row, now);
  if (abandoned) return abandoned;
  const claimed = await taskRow(trx, hint)
    .set((eb) => ({
      status: "sending",
      lease_token: leaseToken,
      lease_until: leaseUntil,
      send_no: eb("send_no", "+", 1),
      updated_at: now,
    }))
    // mutation: claim-due
    .where("due_at", "<=", new Date(now.getTime() + earlyMs))
    .where(isFree(now))
    .where(inFlight(row, now), "<", /* mutation: claim-most-in-flight */ mostInFlight)
    .executeTakeFirstOrThrow();
  // Ours all the same where an earlier COMMIT of this very claim was answered by a lost connection.
  const isRepeat = row.lease_token === /* mutation: claim-repeated-commit */ leaseToken;
  if (claimed.numUpdatedRows !== 1n && !isRepeat) return whyNot(row, hint, now);
  const sendNo = isRepeat ? row.send_no : row.send_no + 1;
  await ofMerchant(trx, row.user_id)
    .insertInto("notify_attempts")
    .values({
      task_id: row.id,
      attempt: row.attempt,
      send_no: sendNo,
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
      sendNo,
      eventId: row.event_id,
      url: row.url,
      endpoint: row.endpoint,
      payload: row.payload,
      sealedSecrets: row.notify_secrets,
      leaseUntil,
    },
  };
}

/** The task's row, for as long as it stands at what the hint tells of. */
const taskRow = (trx: OpenTransaction, { taskId, userId, generation, attempt }: Hint) =>
  // mutation: claim-owner
  ofMerchant(trx, userId)
    .updateTable("notify_queue")
    .where("id", "=", taskId)
    // mutation: claim-generation
    .where("generation", "=", generation)
    // mutation: claim-attempt
    .where("attempt", "=", attempt);

/** Nobody sends it. */
const isFree = (now: Date) => (eb: ExpressionBuilder<Tables, "notify_queue">) =>
  eb.or([
    /* mutation: claim-status */ eb("status", "=", "pending"),
    eb.and([
      eb("status", "=", /* mutation: claim-sending */ "sending"),
      eb("lease_until", /* mutation: claim-lease-over */ "<", now),
    ]),
  ]);

/** How many others are being sent to this endpoint, which is one merchant's URL. */
const inFlight = ({ id, endpoint }: { id: string; endpoint: string }, now: Date) => sql<number>`
  (SELECT COUNT(*) FROM (
     SELECT n.id FROM notify_queue n
     WHERE n.endpoint = ${endpoint} AND n.id <> ${id} AND n.status = 'sending' AND n.lease_until >= ${/* mutation: claim-in-flight-lease */ now}
   ) AS in_flight)`;

/** When this endpoint, which is one merchant's URL, last said that it is gone. */
const heldSince = sql<Date | null>`
  (SELECT MAX(held.due_at) FROM notify_queue held WHERE held.endpoint = n.endpoint AND held.status = 'held')`;

function read(trx: OpenTransaction, { taskId, userId }: Hint) {
  return /* mutation: claim-read-owner */ ofMerchant(trx, userId)
    .selectFrom("notify_queue as n")
    .innerJoin("users as u", "u.id", "n.user_id")
    .select([
      "n.id",
      "n.user_id",
      "n.generation",
      "n.attempt",
      "n.send_no",
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

type Told = {
  user_id: string;
  subject_type: string;
  subject_id: string;
  event: string;
  event_id: string;
  generation: number;
};

/** A resend has its event's id from an older generation; it is sent whatever the endpoint has said. */
async function isResend(trx: OpenTransaction, row: Told): Promise<boolean> {
  if (row.generation === 1) return false;
  const older = await ofMerchant(trx, row.user_id)
    .selectFrom("notify_queue")
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
 * Whether the endpoint has received anything (by a row that a resend may have superseded since) after it said that it is
 * gone. Across merchants: an endpoint is one merchant's URL.
 */
async function receivedSince(
  trx: OpenTransaction,
  { endpoint, held_since }: { endpoint: string; held_since: Date | null },
): Promise<boolean> {
  const received = await acrossMerchants(trx)
    .selectFrom("notify_queue as n")
    .innerJoin("notify_attempts as a", "a.task_id", "n.id")
    .select("a.id")
    .where("n.endpoint", "=", endpoint)
    .where("n.status", "in", ["success", "superseded"])
    .where("n.due_at", ">", held_since)
    .where("a.outcome", "=", "received")
    .limit(1)
    .executeTakeFirst();
  return received !== undefined;
}

async function hold(trx: OpenTransaction, hint: Hint, now: Date): Promise<void> {
  await taskRow(trx, hint)
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

function whyNot(row: Unclaimed, hint: Hint, now: Date): Claim {
  if (row.generation !== hint.generation || row.attempt !== hint.attempt) return { kind: "gone" };
  if (row.status === "pending" && row.due_at.getTime() > now.getTime() + earlyMs)
    return { kind: "early", due: row.due_at };
  const free =
    row.status === "pending" ||
    (row.status === "sending" && row.lease_until !== null && row.lease_until < now);
  return { kind: free ? "full" : "gone" };
}
