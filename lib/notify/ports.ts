import type { Hint } from "../payment/ports.ts";

/** A notification that is due, with what is needed to send it. */
export type DeliveryTask = {
  id: string;
  userId: string;
  generation: number;
  attempt: number;
  sendNo: number;
  eventId: string;
  url: string;
  endpoint: string;
  payload: string;
  /** The merchant's signing secrets, sealed. */
  sealedSecrets: string | null;
  /** Until then nobody else sends it, so that its outcome can still be recorded. */
  leaseUntil: Date;
};

export type Claim =
  | { kind: "claimed"; task: DeliveryTask }
  | { kind: "early"; due: Date }
  /** Ten sends to this endpoint are under way. */
  | { kind: "full" }
  /** Its senders ended without a record, one after the other: this attempt counts as failed. */
  | { kind: "abandoned"; exhausted: boolean }
  /** Done, taken, superseded, unknown, or its endpoint has answered that it is gone: nothing to do. */
  | { kind: "gone" };

export type SendRecord = { outcome: string; httpStatus: number | null; answer: string; endedAt: Date };

/** What a task becomes after a send. */
export type AfterSend =
  | { status: "success" | "held" | "exhausted" }
  | { status: "pending"; attempt: number; due: Date };

export interface Deliveries {
  /** T6: lets one caller send this attempt. */
  claim(hint: Hint, leaseToken: string, leaseUntil: Date, now: Date): Promise<Claim>;
  /**
   * T7: false when the lease was lost; then the outcome belongs to somebody else. Repeated for as long as the lease lasts:
   * what the merchant has received is sent again otherwise.
   */
  finish(task: DeliveryTask, leaseToken: string, record: SendRecord, after: AfterSend): Promise<boolean>;
  /** The next due row of an endpoint, for which a place has become free; marked as hinted, so each place gets its own. */
  nextDue(endpoint: string, now: Date): Promise<Hint | null>;
  /** T8: due rows that nobody was hinted about lately, marked as hinted; at most `perEndpoint` each. */
  takeDue(now: Date, limits: { total: number; perEndpoint: number; hintedBefore: Date }): Promise<Hint[]>;
  /** Takes the mark back from hints that were not sent. */
  unmark(hints: Hint[]): Promise<void>;
}

/** Locks for efficiency only: with Redis away or lying nothing but latency changes. */
export interface Locks {
  /** `null`: somebody else holds it. A lock is also granted when Redis cannot be asked. */
  acquire(userId: string, name: string, ttlMs: number): Promise<{ release(): Promise<void> } | null>;
}
