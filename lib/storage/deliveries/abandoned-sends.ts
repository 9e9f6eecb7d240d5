import type { Claim } from "../../domain/delivery.ts";
import { nextDue } from "../../domain/delivery-schedule.ts";
import type { OpenTransaction } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";

/** Limit of tries within one attempt that end without an outcome: the notification itself may crash the sender. */
export const mostSends = 3;

type SentRow = {
  id: string;
  user_id: string;
  attempt: number;
  status: string;
  try_no: number;
  lease_until: Date | null;
};

/**
 * Fails an attempt whose tries all ended without a recorded outcome and schedules the next attempt, so that a
 * notification that crashes the sender is not sent forever. `null`: the attempt is not in that state.
 */
export async function abandon(trx: OpenTransaction, row: SentRow, now: Date): Promise<Claim | null> {
  const { id, user_id: userId, attempt, try_no: tryNo, lease_until: leaseUntil } = row;
  if (
    row.status !== "sending" ||
    /* mutation: send-most-sends */ tryNo < mostSends ||
    leaseUntil === null ||
    leaseUntil >= now
  )
    return null;
  const due = nextDue(attempt, now);
  const next =
    due === null
      ? { status: "exhausted" as const, due_at: now }
      : { status: "pending" as const, due_at: due, attempt: attempt + 1, try_no: 0 };
  const rows = ofMerchant(trx, userId);
  const moved = await rows
    .updateTable("deliveries")
    .set({ ...next, lease_until: null, woken_at: null, updated_at: now })
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("try_no", "=", tryNo)
    .where("status", "=", "sending")
    .where("lease_until", "<", now)
    .executeTakeFirstOrThrow();
  if (moved.numUpdatedRows !== 1n) return { kind: "gone" };
  const answer = `the sending process ended ${mostSends} times before it could record a response`;
  await rows
    .updateTable("delivery_attempts")
    .set({ ended_at: now, outcome: "failed", answer })
    .where("task_id", "=", id)
    .where("attempt", "=", attempt)
    .where("try_no", "=", tryNo)
    .execute();
  return { kind: "abandoned", exhausted: due === null };
}
