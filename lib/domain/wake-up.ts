/** A wake-up may arrive this much before its time, because clocks differ. */
export const earlyMs = 1_000;

/**
 * What a wake-up for a row means: `due`; `early`, because the queue delays at most 15 minutes: re-queue it; or
 * `stale`, for another time than the row's: ignore it, or repeated wake-ups would re-queue themselves for ever.
 */
export function meaningOf(woken: Date, nextPollAt: Date, now: Date): "due" | "early" | "stale" {
  const wait = nextPollAt.getTime() - now.getTime();
  if (wait <= /* mutation: wake-up-early */ earlyMs) return "due";
  const isItsOwn = /* mutation: wake-up-current */ woken.getTime() === nextPollAt.getTime();
  return isItsOwn ? "early" : "stale";
}

/** A queue message for one delivery row. Losing, repeating or reordering wake-ups breaks nothing. */
export type WakeUp = {
  taskId: string;
  userId: string;
  generation: number;
  attempt: number;
  /** From the sweeper: proceeds without the Redis lock, so that a lock that is never released blocks nothing. */
  insist?: boolean;
};

export interface WakeUps {
  /**
   * Best effort, at most a second; the sweeper repairs what is lost. The queue delays at most 15 minutes: a wake-up
   * for later arrives early and is re-queued.
   */
  notify(wakeUp: WakeUp, due: Date): Promise<void>;
  pollPayment(order: { orderNo: string; userId: string }, due: Date): Promise<void>;
  pollRefund(refund: { refundId: string; userId: string }, due: Date): Promise<void>;
  /** In batches; returns those that the queue did not accept. */
  notifyAll(wakeUps: WakeUp[], due: Date): Promise<WakeUp[]>;
  /** In batches; the next sweep repeats those that the queue did not accept. */
  pollAllPayments(orders: { orderNo: string; userId: string }[], due: Date): Promise<void>;
  pollAllRefunds(refunds: { refundId: string; userId: string }[], due: Date): Promise<void>;
}
