import type { Claim } from "../notify/ports.ts";
import { nextDue } from "../notify/schedule.ts";
import type { OpenTransaction } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";

/** Sends within one attempt whose processes ended without a record; what ends them may be this very notification. */
export const mostSends = 3;

type SentRow = {
  id: string;
  user_id: string;
  attempt: number;
  status: string;
  send_no: number;
  lease_until: Date | null;
};

/**
 * Ends an attempt whose every send was begun and never recorded: the attempt has failed, and the next one has its time, so
 * that a notification on which the sender dies is not sent for ever. `null`: it is none.
 */
export async function abandon(trx: OpenTransaction, row: SentRow, now: Date): Promise<Claim | null> {
  const { id, user_id: userId, attempt, send_no: sendNo, lease_until: leaseUntil } = row;
  if (
    row.status !== "sending" ||
    /* mutation: send-most-sends */ sendNo < mostSends ||
    leaseUntil === null ||
    leaseUntil >= now
  )
    return null;
  const due = nextDue(attempt, now);
  const next =
    due === null
      ? { status: "exhausted" as const, due_at: now }
      : { status: "pending" as const, due_at: due, attempt: attempt + 1, send_no: 0 };
  const rows = ofMerchant(trx, userId);
  const moved = await rows
    .updateTable("notify_queue")
    .set({ ...next, lease_until: null, hinted_at: null, updated_at: now })
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("send_no", "=", sendNo)
    .where("status", "=", "sending")
    .where("lease_until", "<", now)
    .executeTakeFirstOrThrow();
  if (moved.numUpdatedRows !== 1n) return { kind: "gone" };
  const answer = `the sender ended ${mostSends} times before it could record an answer`;
  await rows
    .updateTable("notify_attempts")
    .set({ ended_at: now, outcome: "failed", answer })
    .where("task_id", "=", id)
    .where("attempt", "=", attempt)
    .where("send_no", "=", sendNo)
    .execute();
  return { kind: "abandoned", exhausted: due === null };
}
