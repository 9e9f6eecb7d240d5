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

/** Locks for efficiency only: if Redis is down or its answers are wrong, only latency changes. */
export interface Locks {
  /** `null`: another process holds it. Without Redis every lock is granted. */
  acquire(userId: string, name: string, ttlMs: number): Promise<{ release(): Promise<void> } | null>;
}

export type NotifyState = "none" | "pending" | "sending" | "success" | "exhausted" | "held";
