import type { WakeUp } from "../payments/ports.ts";

/** A notification that is due, with what is needed to send it. */
export type DeliveryTask = {
  id: string;
  userId: string;
  generation: number;
  attempt: number;
  tryNo: number;
  eventId: string;
  url: string;
  endpoint: string;
  payload: string;
  /** The merchant's signing secrets, encrypted. */
  encryptedSecrets: string | null;
  /** End of the lease: until then no other process sends this delivery. */
  leaseUntil: Date;
};

export type Claim =
  | { kind: "claimed"; task: DeliveryTask }
  | { kind: "early"; due: Date }
  /** Ten sends to this endpoint are under way. */
  | { kind: "full" }
  /** Several senders in a row ended without recording an outcome: this attempt counts as failed. */
  | { kind: "abandoned"; exhausted: boolean }
  /** Done, taken, superseded, unknown, or its endpoint has answered that it is gone: nothing to do. */
  | { kind: "gone" };

export type SendRecord = { outcome: string; httpStatus: number | null; answer: string; endedAt: Date };

/** What a task becomes after a send. */
export type AfterSend =
  | { status: "success" | "held" | "exhausted" }
  | { status: "pending"; attempt: number; due: Date };

export interface Deliveries {
  /** claimDelivery: lets one caller send this attempt. */
  claim(wakeUp: WakeUp, leaseToken: string, leaseUntil: Date, now: Date): Promise<Claim>;
  /**
   * finishDelivery: records the outcome. `false`: the lease was lost, and the outcome belongs to its new holder.
   * Retried until the lease ends, because an unrecorded success would be sent again.
   */
  finish(task: DeliveryTask, leaseToken: string, record: SendRecord, after: AfterSend): Promise<boolean>;
  /**
   * The next due row of an endpoint that has a free place. The row is marked as woken, so each place gets another row.
   */
  nextDue(endpoint: string, now: Date): Promise<WakeUp | null>;
  /** sweep: due rows without a recent wake-up, at most `perEndpoint` each; marks them as woken. */
  takeDue(now: Date, limits: { total: number; perEndpoint: number; wokenBefore: Date }): Promise<WakeUp[]>;
  /** Clears the mark of wake-ups that were not sent. */
  unmark(wakeUps: WakeUp[]): Promise<void>;
}

/** Locks for efficiency only: if Redis is down or its answers are wrong, only latency changes. */
export interface Locks {
  /** `null`: another process holds it. Without Redis every lock is granted. */
  acquire(userId: string, name: string, ttlMs: number): Promise<{ release(): Promise<void> } | null>;
}
