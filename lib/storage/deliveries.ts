import { sql } from "kysely";
import type { AfterSend, Claim, Deliveries, DeliveryTask, SendRecord } from "../notify/ports.ts";
import { earlyMs } from "../notify/schedule.ts";
import type { Hint } from "../payment/ports.ts";
import { type Database, type OpenTransaction, repeating, transact } from "./database.ts";

/** Sends to one endpoint at the same time; a slow merchant delays no other. */
const mostInFlight = 10;
const hintColumns = ["id", "user_id", "generation", "attempt"] as const;
const hintOf = (row: { id: string; user_id: string; generation: number; attempt: number }): Hint => ({
  taskId: row.id,
  userId: row.user_id,
  generation: row.generation,
  attempt: row.attempt,
});

export function deliveriesIn(db: Database): Deliveries {
  return {
    claim: (hint, leaseToken, leaseUntil, now) =>
      transact(db, (trx) => claim(trx, hint, { leaseToken, leaseUntil, now })),
    finish: (task, leaseToken, record, after) =>
      repeating(() => finish(db, task, leaseToken, { record, after })),
    async nextDue(endpoint, now) {
      const row = await db
        .selectFrom("notify_queue")
        .select(hintColumns)
        .where("endpoint", "=", endpoint)
        .where("status", "=", "pending")
        .where("due_at", "<=", now)
        .orderBy("due_at")
        .limit(1)
        .executeTakeFirst();
      return row ? hintOf(row) : null;
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

/** T6. The UPDATE decides; the row is read after it, so what is sent is what was claimed. */
async function claim(
  trx: OpenTransaction,
  hint: Hint,
  { leaseToken, leaseUntil, now }: Lease,
): Promise<Claim> {
  const claimed = await sql`
    UPDATE notify_queue
    SET status = 'sending', lease_token = ${leaseToken}, lease_until = ${leaseUntil}, send_no = send_no + 1, updated_at = ${now}
    WHERE id = ${hint.taskId} AND user_id = ${hint.userId} AND generation = ${hint.generation} AND attempt = ${hint.attempt}
      AND due_at <= ${new Date(now.getTime() + earlyMs)}
      AND (status = 'pending' OR (status = 'sending' AND lease_until < ${now}))
      AND (SELECT COUNT(*) FROM (
             SELECT n.id FROM notify_queue n JOIN notify_queue own ON own.endpoint = n.endpoint
             WHERE own.id = ${hint.taskId} AND n.id <> own.id AND n.status = 'sending' AND n.lease_until >= ${now}
           ) AS in_flight) < ${mostInFlight}`.execute(trx);
  const row = await trx
    .selectFrom("notify_queue as n")
    .innerJoin("users as u", "u.id", "n.user_id")
    .select([
      "n.id",
      "n.user_id",
      "n.generation",
      "n.attempt",
      "n.send_no",
      "n.event_id",
      "n.url",
      "n.endpoint",
      "n.payload",
    ])
    .select(["n.status", "n.due_at", "n.lease_token", "n.lease_until", "u.notify_secrets"])
    .where("n.id", "=", hint.taskId)
    .where("n.user_id", "=", hint.userId)
    .executeTakeFirst();
  if (!row) return { kind: "gone" };
  // Also true where an earlier COMMIT of this very claim was answered by a lost connection.
  if (claimed.numAffectedRows !== 1n && row.lease_token !== leaseToken) return whyNot(row, hint, now);
  await trx
    .insertInto("notify_attempts")
    .values({
      user_id: row.user_id,
      task_id: row.id,
      attempt: row.attempt,
      send_no: row.send_no,
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
      sendNo: row.send_no,
      eventId: row.event_id,
      url: row.url,
      endpoint: row.endpoint,
      payload: row.payload,
      sealedSecrets: row.notify_secrets,
    },
  };
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
  const next = after.status === "pending" ? after : { attempt: task.attempt, due: record.endedAt };
  const finished = await sql`
    UPDATE notify_queue n JOIN notify_attempts a ON a.task_id = n.id AND a.attempt = ${task.attempt} AND a.send_no = ${task.sendNo}
    SET n.status = ${after.status}, n.attempt = ${next.attempt}, n.due_at = ${next.due}, n.lease_until = NULL,
        n.hinted_at = NULL, n.updated_at = ${record.endedAt}, a.ended_at = ${record.endedAt}, a.outcome = ${record.outcome},
        a.http_status = ${record.httpStatus}, a.answer = ${record.answer}
    WHERE n.id = ${task.id} AND n.user_id = ${task.userId} AND n.lease_token = ${leaseToken}`.execute(db);
  return (finished.numAffectedRows ?? 0n) > 0n;
}

/** T8. Any number of sweepers in parallel: what one has locked, the others skip. */
async function takeDue(
  trx: OpenTransaction,
  now: Date,
  { total, perEndpoint, hintedBefore }: { total: number; perEndpoint: number; hintedBefore: Date },
): Promise<Hint[]> {
  const due = await trx
    .selectFrom("notify_queue")
    .select([...hintColumns, "endpoint"])
    .where((eb) =>
      eb.or([
        eb.and([eb("status", "=", "pending"), eb("due_at", "<=", now)]),
        eb.and([eb("status", "=", "sending"), eb("lease_until", "<", now)]),
      ]),
    )
    .where((eb) => eb.or([eb("hinted_at", "is", null), eb("hinted_at", "<=", hintedBefore)]))
    .orderBy("due_at")
    .limit(total)
    .forUpdate()
    .skipLocked()
    .execute();
  const counts = new Map<string, number>();
  const taken = due.filter(({ endpoint }) => {
    const count = (counts.get(endpoint) ?? 0) + 1;
    counts.set(endpoint, count);
    return count <= perEndpoint;
  });
  if (taken.length === 0) return [];
  const ids = taken.map((row) => row.id);
  await trx.updateTable("notify_queue").set({ hinted_at: now }).where("id", "in", ids).execute();
  return taken.map(hintOf);
}
