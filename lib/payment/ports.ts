import type { ProviderError } from "../errors.ts";
import type { Account } from "./config-ports.ts";
import type { EventRecord } from "./event-ports.ts";
import type { Payable, Payment } from "./payment.ts";
import type { Paid, Prepared } from "./provider.ts";
import type { PaymentStatus } from "./status.ts";

/** Who calls. */
export type Caller = {
  userId: string;
  username: string;
  active: boolean;
  scopes: ReadonlySet<string>;
  notifyUrl: string | null;
};

export type NotifyState = "none" | "pending" | "sending" | "success" | "exhausted" | "held";

/** The attempt to make the payment at the provider; only who holds its lease may call the provider or store the outcome. */
export type Attempt = {
  id: string;
  idempotencyKey: string;
  prepared: Prepared;
  done: boolean;
  leaseUntil: Date;
  /** When the last call under this key began that was not clearly answered; `null`: each was. */
  unclearSince: Date | null;
};

export type StoredOrder = { payment: Payment; attempt: Attempt; fingerprint: string; request: string };

/** A payment together with the lease on its attempt. */
export type Leased = { payment: Payment; attempt: Attempt; leaseToken: string };

export type NewOrder = Omit<Payment, "id" | "version" | "status"> & {
  request: string;
  fingerprint: string;
  prepared: Prepared;
  idempotencyKey: string;
  leaseToken: string;
  leaseUntil: Date;
};

export type Settled =
  /** This call made it success: tell the merchant. */
  | { kind: "settled"; payment: Payment; notification: Hint | null; more: Hint[] }
  | { kind: "already"; payment: Payment }
  /** Paid twice: recorded for a refund. */
  | { kind: "second-payment"; payment: Payment }
  /** Truly signed, but not this payment's account, amount or currency. */
  | { kind: "mismatch"; differs: string[]; payment: Payment }
  | { kind: "no-such-order" };

/**
 * What a provider says about a payment, with the account that says it. `objectId`: the provider's object that it is about;
 * absent or `null`: the one that the payment made.
 */
export type Said = Account & { why: string; objectId?: string | null | undefined };

/** "Look at this row now"; losing, repeating or reordering hints breaks nothing. */
export type Hint = {
  taskId: string;
  userId: string;
  generation: number;
  attempt: number;
  /** From the sweeper: goes on without the lock in front, so that a lock that nobody releases stops nothing. */
  insist?: boolean;
};

/** What the buyer needs to pay, until when it opens, and the version of the config whose key signed it, if any. */
export type Link = { payable: Payable; until: Date; version: number | null };

export type Concluded = { payment: Payment; notification: Hint | null };

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
  /** T1. `null`: an order with this `out_trade_no` exists. */
  create(order: NewOrder): Promise<Leased | null>;
  /** Takes over an attempt whose lease has expired and whose outcome is not stored. */
  takeOver(payment: Payment, leaseToken: string, leaseUntil: Date, now: Date): Promise<Leased | null>;
  /** T2. `null`: the lease was lost, somebody else stores the outcome. */
  storePayable(leased: Leased, link: Link, now: Date): Promise<Payment | null>;
  /** Lets one caller ask for another link in place of the one that was read. `null`: somebody else does, or the payment has moved. */
  takeRenewal(payment: Payment, leaseToken: string, leaseUntil: Date, now: Date): Promise<Leased | null>;
  /** `null`: the lease was lost or the payment has moved, so nothing is stored. */
  storeRenewed(leased: Leased, link: Link, now: Date): Promise<Payment | null>;
  /** Nothing came of it; nobody asks again before `until`. */
  endRenewal(leased: Leased, until: Date): Promise<void>;
  /**
   * T4 for a final refusal of the create itself. `notify`: no caller is being answered with it, so the merchant is told.
   * `null`: the lease was lost or the payment has moved on, so the refusal is not its outcome.
   */
  refuse(
    leased: Leased,
    error: ProviderError,
    now: Date,
    notify?: boolean,
  ): Promise<{ notification: Hint | null } | null>;
  /**
   * Nothing was made, or nobody knows: somebody may try again at once; the next look-up at `nextQueryAt`. `newKey`: it is
   * known that nothing was made, and the next try is a new one for the provider.
   */
  release(leased: Leased, why: string, now: Date, nextQueryAt: Date | null, newKey?: string): Promise<void>;
  /** T3, the one place where a payment becomes success. */
  settle(
    paid: Paid,
    scope: Account & {
      userId: string;
      provider: string;
      now: Date;
      event?: EventRecord;
      source: string;
      /** What was said besides is not booked yet: the look-ups go on until it is, the next then at the latest. */
      askAgainBy?: Date | null;
    },
  ): Promise<Settled>;
  /** T4. `null`: the payment has changed since it was read (or an attempt is under way); read again. */
  conclude(payment: Payment, to: "failed" | "closed", said: Said, now: Date): Promise<Concluded | null>;
  /** The provider has started to move the money. */
  markStarted(payment: Payment, said: Said, now: Date): Promise<void>;
  requestClose(payment: Payment, now: Date): Promise<void>;
  /** T9: lets one caller take the money of an approved payment. `null`: not now, or somebody else does. */
  claimCapture(
    payment: Payment,
    capture: Account & { key: string; until: Date; nextQueryAt: Date },
    now: Date,
  ): Promise<Payment | null>;
  /** The capture took nothing and the buyer may try again: `pending` again, and the next capture has a new key. */
  endCapture(payment: Payment, why: string, now: Date, nextQueryAt: Date | null): Promise<void>;
  findByTradeNo(userId: string, provider: string, tradeNo: string): Promise<Payment | null>;
  /** Allows one look-up of a payment within `gapMs`, whoever asks. */
  claimLookUp(payment: Payment, now: Date, gapMs: number): Promise<boolean>;
  /** Allows one look-up for the due time that was read. */
  claimRecheck(payment: Payment, nextQueryAt: Date | null, now: Date): Promise<boolean>;
  /** An ended payment was asked about, as due at `claimed`; a look-up that became due meanwhile stays. */
  endRechecks(payment: Payment, claimed: Date | null, last: Date | null): Promise<void>;
  /** A poll was answered, or not: keeps since when none has been. */
  noteAnswer(payment: Payment, answered: boolean, now: Date): Promise<void>;
  /**
   * Open payments and refunds of an account that are polled no more, because nobody answered, are due again in a minute:
   * there are other credentials, and every process has read them by then.
   */
  pollAgain(userId: string, provider: string, account: Account, now: Date): Promise<number>;
  /** Makes the next look-up due at once, unless one was made within `gapMs`. */
  makeDue(payment: Payment, now: Date, gapMs: number): Promise<boolean>;
  findForReturn(provider: string, orderNo: string): Promise<Payment | null>;
  /** Payments to be asked about, oldest first. */
  dueForRecheck(now: Date, limit: number): Promise<{ orderNo: string; userId: string }[]>;
}

export interface Timeline {
  add(payment: Payment, entry: LogEntry): Promise<void>;
  read(payment: Payment): Promise<LogEntry[]>;
}

export interface Hints {
  /**
   * Best effort, at most a second; the sweeper repairs what is lost. The queue delays at most 15 minutes: a hint for later
   * comes early and is sent on.
   */
  notify(hint: Hint, due: Date): Promise<void>;
  recheck(order: { orderNo: string; userId: string }, due: Date): Promise<void>;
  recheckRefund(refund: { refundId: string; userId: string }, due: Date): Promise<void>;
}
