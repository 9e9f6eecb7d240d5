import type { ProviderError } from "../errors.ts";
import type { Account } from "./config-ports.ts";
import type { EventRecord } from "./event-ports.ts";
import type { Payable, Payment, Prepared } from "./payment.ts";
import type { PaymentStatus } from "./payment-status.ts";
import type { Paid } from "./provider.ts";

/** The authenticated caller. */
export type Caller = {
  userId: string;
  username: string;
  active: boolean;
  scopes: ReadonlySet<string>;
  notifyUrl: string | null;
};

export type NotifyState = "none" | "pending" | "sending" | "success" | "exhausted" | "held";

/** The request that creates the payment at the provider. Only the lease holder may send it or store its outcome. */
export type ProviderRequest = {
  id: string;
  idempotencyKey: string;
  prepared: Prepared;
  done: boolean;
  leaseUntil: Date;
  /** Start of the last call under this key without a clear answer; `null`: every call got one. */
  unclearSince: Date | null;
};

export type StoredOrder = {
  payment: Payment;
  providerRequest: ProviderRequest;
  fingerprint: string;
  request: string;
};

/** A payment with the lease on its provider request. */
export type Leased = { payment: Payment; providerRequest: ProviderRequest; leaseToken: string };

export type NewOrder = Omit<Payment, "id" | "version" | "status"> & {
  request: string;
  fingerprint: string;
  prepared: Prepared;
  idempotencyKey: string;
  leaseToken: string;
  leaseUntil: Date;
};

export type Settled =
  /** This call made it a success: the merchant must be notified. */
  | { kind: "settled"; payment: Payment; notification: WakeUp | null; more: WakeUp[] }
  | { kind: "already"; payment: Payment }
  /** Paid twice: recorded for a refund. */
  | { kind: "second-payment"; payment: Payment }
  /** Verified, but its account, amount or currency is not this payment's. */
  | { kind: "mismatch"; differs: string[]; payment: Payment }
  | { kind: "no-such-order" };

/**
 * The source of a status change: the account, the reason, and the provider object that it is about (`objectId`; absent
 * or `null`: the one that this payment created).
 */
export type Said = Account & { why: string; objectId?: string | null | undefined };

/** A queue message for one delivery row. Losing, repeating or reordering wake-ups breaks nothing. */
export type WakeUp = {
  taskId: string;
  userId: string;
  generation: number;
  attempt: number;
  /** From the sweeper: proceeds without the Redis lock, so that a lock that is never released blocks nothing. */
  insist?: boolean;
};

/** What the buyer needs to pay, until when it opens, and the version of the config whose key signed it, if any. */
export type Link = { payable: Payable; until: Date; version: number | null };

export type ClosedOrFailed = { payment: Payment; notification: WakeUp | null };

/** A line of the timeline; `data` is redacted. */
export type LogEntry = { at: Date; kind: string; title: string; data: Record<string, unknown> };

/** Which of a merchant's payments, newest first; `after`: only those behind this row. */
export type PaymentFilter = {
  status?: PaymentStatus;
  provider?: string;
  from?: Date;
  to?: Date;
  after?: { createdAt: Date; id: string };
  limit: number;
};

export type PaymentPage = {
  items: { payment: Payment; notifyStatus: NotifyState }[];
  /** Where the next page begins; `null`: this is the last. */
  next: { createdAt: Date; id: string } | null;
};

export interface Orders {
  list(userId: string, filter: PaymentFilter): Promise<PaymentPage>;
  findByOutTradeNo(userId: string, outTradeNo: string): Promise<StoredOrder | null>;
  find(
    userId: string,
    key: { orderNo: string } | { outTradeNo: string },
  ): Promise<{ payment: Payment; notifyStatus: NotifyState } | null>;
  /** createOrder. `null`: an order with this `out_trade_no` exists. */
  create(order: NewOrder): Promise<Leased | null>;
  /** Takes the lease of a provider request whose lease has expired and whose outcome is not stored. */
  takeLease(payment: Payment, leaseToken: string, leaseUntil: Date, now: Date): Promise<Leased | null>;
  /** recordCreated. `null`: the lease was lost, and its new holder stores the outcome. */
  recordCreated(leased: Leased, link: Link, now: Date): Promise<Payment | null>;
  /** Lets one caller renew the link that was read. `null`: another caller does, or the payment has changed. */
  takeRenewal(payment: Payment, leaseToken: string, leaseUntil: Date, now: Date): Promise<Leased | null>;
  /** `null`: the lease was lost or the payment has moved, so nothing is stored. */
  storeRenewed(leased: Leased, link: Link, now: Date): Promise<Payment | null>;
  /** The renewal failed; the next one may start at `until`. */
  endRenewal(leased: Leased, until: Date): Promise<void>;
  /**
   * closeOrFail for a final refusal of the create itself. `notify`: no caller receives the refusal, so the merchant is
   * notified. `null`: the lease was lost or the payment has changed, so the refusal is not its outcome.
   */
  refuse(
    leased: Leased,
    error: ProviderError,
    now: Date,
    notify?: boolean,
  ): Promise<{ notification: WakeUp | null } | null>;
  /**
   * Nothing was created, or the outcome is unknown: the request may be repeated at once, and the next poll is at
   * `nextPollAt`. `newKey`: nothing was created for certain, so the next try has a new idempotency key.
   */
  release(leased: Leased, why: string, now: Date, nextPollAt: Date | null, newKey?: string): Promise<void>;
  /** settle: the only place where a payment becomes a success. */
  settle(
    paid: Paid,
    scope: Account & {
      userId: string;
      provider: string;
      now: Date;
      event?: EventRecord;
      source: string;
      /**
       * Further events of the same answer are not applied yet: polls continue, the next one at this time at the
       * latest.
       */
      askAgainBy?: Date | null;
    },
  ): Promise<Settled>;
  /**
   * closeOrFail. `null`: the payment has changed since it was read, or a provider request is in progress; read again.
   */
  closeOrFail(
    payment: Payment,
    to: "failed" | "closed",
    said: Said,
    now: Date,
  ): Promise<ClosedOrFailed | null>;
  /** The provider has started to move the money. */
  markInTransit(payment: Payment, said: Said, now: Date): Promise<void>;
  requestClose(payment: Payment, now: Date): Promise<void>;
  /** claimCapture: lets one caller capture an approved payment. `null`: not now, or another caller does. */
  claimCapture(
    payment: Payment,
    capture: Account & { key: string; until: Date; nextPollAt: Date },
    now: Date,
  ): Promise<Payment | null>;
  /** The capture took nothing and the buyer may try again: `pending` again, and the next capture has a new key. */
  endCapture(payment: Payment, why: string, now: Date, nextPollAt: Date | null): Promise<void>;
  findByTradeNo(userId: string, provider: string, tradeNo: string): Promise<Payment | null>;
  /** Allows one fetch of a payment per `gapMs`, by any caller. */
  claimRefresh(payment: Payment, now: Date, gapMs: number): Promise<boolean>;
  /** Allows one poll for the due time that was read. */
  claimPoll(payment: Payment, nextPollAt: Date | null, now: Date): Promise<boolean>;
  /** Ends the poll of an ended payment that was due at `claimed`; a poll that became due meanwhile stays. */
  endPolls(payment: Payment, claimed: Date | null, last: Date | null): Promise<void>;
  /** Records whether a poll was answered, and since when none has been. */
  noteAnswer(payment: Payment, answered: boolean, now: Date): Promise<void>;
  /**
   * Makes open payments and refunds of an account due again whose polls ended because it did not respond: there are
   * new credentials. Due in a minute, when every process has read them.
   */
  pollAgain(userId: string, provider: string, account: Account, now: Date): Promise<number>;
  /** Makes the next poll due at once, unless one was made within `gapMs`. */
  makeDue(payment: Payment, now: Date, gapMs: number): Promise<boolean>;
  findForReturn(provider: string, orderNo: string): Promise<Payment | null>;
  /** Payments that are due for a poll, oldest first. */
  dueForPoll(now: Date, limit: number): Promise<{ orderNo: string; userId: string }[]>;
}

export interface Timeline {
  add(payment: Payment, entry: LogEntry): Promise<void>;
  read(payment: Payment): Promise<LogEntry[]>;
}

export interface WakeUps {
  /**
   * Best effort, at most a second; the sweeper repairs what is lost. The queue delays at most 15 minutes: a wake-up
   * for later arrives early and is re-queued.
   */
  notify(wakeUp: WakeUp, due: Date): Promise<void>;
  pollPayment(order: { orderNo: string; userId: string }, due: Date): Promise<void>;
  pollRefund(refund: { refundId: string; userId: string }, due: Date): Promise<void>;
}
