import { sql } from "kysely";
import type { AfterSend, Claim, Deliveries, DeliveryTask, SendRecord } from "../notify/ports.ts";
import { earlyMs } from "../notify/schedule.ts";
import type { Hint } from "../payment/ports.ts";
import { type Database, type OpenTransaction, repeating, transact } from "./database.ts";
import { hasDue, nextDue, takeDue } from "./due-deliveries.ts";
import { takeTurn } from "./take-turn.ts";

/** Sends to one endpoint at the same time; a slow merchant delays no other. */
export const mostInFlight = 10;

export function deliveriesIn(db: Database): Deliveries {
  return {
    claim: (hint, leaseToken, leaseUntil, now) =>
      transact(db, (trx) => claim(trx, hint, { leaseToken, leaseUntil, now })),
    finish: (task, leaseToken, record, after) =>
      repeating(() => finish(db, task, leaseToken, { record, after })),
    async nextDue(endpoint, now) {
      // Most endpoints have nothing more to be told.
      if (!(await hasDue(db, endpoint, now))) return null;
      return transact(db, (trx) => nextDue(trx, endpoint, now));
    },
    takeDue: (now, limits) => transact(db, (trx) => takeDue(trx, now, limits)),
    async unmark(hints) {
      if (hints.length === 0) return;
      const ids = hints.map((hint) => hint.taskId);
      await db.updateTable("notify_queue").set({ hinted_at: null }).where("id", "in", ids).execute();
    },
  };
}

type Lease = { leaseToken: string; leaseUntil: Date; now: Date };

/** T6. The UPDATE decides, by everything that the row was read for. */
async function claim(trx: OpenTransaction, hint: Hint, lease: Lease): Promise<Claim> {
  const { leaseToken, leaseUntil, now } = lease;
  await takeTurn(trx, hint.userId);
  const row = await read(trx, hint);
  if (!row) return { kind: "gone" };
  if (row.held_since !== null && !(await isResend(trx, row)) && !(await receivedSince(trx, row))) {
    await hold(trx, hint, now);
    return { kind: "gone" };
  }
  const claimed = await sql`
    UPDATE notify_queue
    SET status = 'sending', lease_token = ${leaseToken}, lease_until = ${leaseUntil}, send_no = send_no + 1, updated_at = ${now}
    WHERE id = ${hint.taskId} AND user_id = ${hint.userId} AND generation = ${hint.generation} AND attempt = ${hint.attempt}
      AND due_at <= ${new Date(now.getTime() + earlyMs)}
      AND (status = 'pending' OR (status = 'sending' AND lease_until < ${now}))
      AND (SELECT COUNT(*) FROM (
             SELECT n.id FROM notify_queue n
             WHERE n.endpoint = ${row.endpoint} AND n.id <> ${row.id} AND n.status = 'sending' AND n.lease_until >= ${now}
           ) AS in_flight) < ${mostInFlight}`.execute(trx);
  // Ours all the same where an earlier COMMIT of this very claim was answered by a lost connection.
  const isRepeat = row.lease_token === leaseToken;
  if (claimed.numAffectedRows !== 1n && !isRepeat) return whyNot(row, hint, now);
  const sendNo = isRepeat ? row.send_no : row.send_no + 1;
  await trx
    .insertInto("notify_attempts")
    .values({
      user_id: row.user_id,
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
    },
  };
}

function read(trx: OpenTransaction, { taskId, userId }: Hint) {
  return trx
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
    .select((eb) =>
      eb
        .selectFrom("notify_queue as held")
        .select((inner) => inner.fn.max("held.due_at").as("since"))
        .whereRef("held.endpoint", "=", "n.endpoint")
        .where("held.status", "=", "held")
        .as("held_since"),
    )
    .where("n.id", "=", taskId)
    .where("n.user_id", "=", userId)
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
  const older = await trx
    .selectFrom("notify_queue")
    .select("id")
    .where("subject_type", "=", row.subject_type)
    .where("subject_id", "=", row.subject_id)
    .where("event", "=", row.event)
    .where("generation", "<", row.generation)
    .where("event_id", "=", row.event_id)
    .where("user_id", "=", row.user_id)
    .limit(1)
    .executeTakeFirst();
  return older !== undefined;
}

/**
 * Whether the endpoint has received anything (by a row that a resend may have superseded since) after it said that it is
 * gone.
 */
async function receivedSince(
  trx: OpenTransaction,
  { endpoint, held_since }: { endpoint: string; held_since: Date | null },
): Promise<boolean> {
  const received = await trx
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
  await trx
    .updateTable("notify_queue")
    .set({ status: "held", lease_token: null, lease_until: null, updated_at: now })
    .where("id", "=", hint.taskId)
    .where("user_id", "=", hint.userId)
    .where("generation", "=", hint.generation)
    .where("attempt", "=", hint.attempt)
    .where("due_at", "<=", now)
    .where((eb) =>
      eb.or([
        eb("status", "=", "pending"),
        eb.and([eb("status", "=", "sending"), eb("lease_until", "<", now)]),
      ]),
    )
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

/** T7, in one statement. The lease token lets only the sender record; a stale one matches nothing. */
async function finish(
  db: Database,
  task: DeliveryTask,
  leaseToken: string,
  { record, after }: { record: SendRecord; after: AfterSend },
): Promise<boolean> {
  const next =
    after.status === "pending"
      ? { attempt: after.attempt, sendNo: 0, due: after.due }
      : { attempt: task.attempt, sendNo: task.sendNo, due: record.endedAt };
  const finished = await sql`
    UPDATE notify_queue n JOIN notify_attempts a ON a.task_id = n.id AND a.attempt = ${task.attempt} AND a.send_no = ${task.sendNo}
    SET n.status = ${after.status}, n.attempt = ${next.attempt}, n.send_no = ${next.sendNo}, n.due_at = ${next.due},
        n.lease_until = NULL, n.hinted_at = NULL, n.updated_at = ${record.endedAt}, a.ended_at = ${record.endedAt}, a.outcome = ${record.outcome},
        a.http_status = ${record.httpStatus}, a.answer = ${record.answer}
    WHERE n.id = ${task.id} AND n.user_id = ${task.userId} AND n.lease_token = ${leaseToken}`.execute(db);
  return (finished.numAffectedRows ?? 0n) > 0n;
}
