import type { Money } from "../money/money.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "../refund/refund.ts";
import type { Payable, Payment } from "./payment.ts";
import type { Refusal } from "./refusal.ts";

/** What a provider may know about an order that is about to be created. */
export type NewPayment = Pick<
  Payment,
  "orderNo" | "outTradeNo" | "scene" | "subject" | "body" | "amount" | "returnUrl" | "createdAt" | "expiresAt"
> & {
  /** Our webhook URL for this config. */
  notifyUrl: string;
  /** Where the provider sends the buyer back to us. */
  buyerReturnUrl: string;
  /** Fields of the scene, already checked by the provider's `extraParams` schema. */
  extraParams: Record<string, unknown>;
};

/** The request to the provider as it was stored with the attempt; a repeat sends exactly this again. */
export type Prepared = Record<string, unknown>;

/** What came of asking the provider to make the payment. */
export type Started =
  | { kind: "payable"; payable: Payable }
  /** A verified no; whether the payment is over is what it says. */
  | ({ kind: "refused" } & Refusal)
  /** Time-out, 5xx, unreadable or unverified answer: it may exist at the provider. */
  | { kind: "unknown"; why: string; unlisted?: string };

/** A verified fact: money of this amount has reached this account for this order. */
export type Paid = {
  kind: "paid";
  orderNo: string;
  account: string;
  amount: Money;
  tradeNo: string;
  paidAt: Date;
  /**
   * The provider's object that was paid (Stripe's session, PayPal's order); `null` where a provider knows a payment by
   * our number alone. Only the object that this payment made settles it.
   */
  objectId: string | null;
};

/** A verified fact about one refund. */
export type RefundSeen = {
  kind: "refunded" | "refundFailed" | "refundPending";
  /** `null` where the event names only the provider's transaction. */
  orderNo: string | null;
  tradeNo: string;
  /** The number that we gave it; `null`: it was not made through us. */
  refundNo: string | null;
  /** The provider's own id of this refund. */
  refundId: string;
  /** Of this refund alone. */
  amount: Money;
};

/**
 * One word of a provider (an answer or event may hold several, in order). What we do not recognise is said so, never
 * guessed.
 * - `open`: exists, can be paid · `started`: the money is on its way, may take days · `approved`: waits for our capture
 * - `closed`: can never be paid any more · `failed`: final, not paid · `missing`: the provider knows no such order
 * - `unknown`: no readable or verified answer.
 */
export type Observation =
  | Paid
  | {
      kind: "open" | "started" | "approved" | "closed" | "failed" | "missing" | "unknown";
      orderNo: string;
      why: string;
      /** As in `Paid`; absent: the provider was asked about the stored object itself. */
      objectId?: string | null;
      /** A verified refusal's code that is not in the provider's table, so that nobody knows what it means. */
      unlisted?: string;
    }
  | RefundSeen
  /** Everything refunded so far; what exceeds the refunds that we know of was made in the provider's console. */
  | { kind: "refundedTotal"; orderNo: string; tradeNo: string; total: Money }
  | { kind: "disputed"; tradeNo: string; why: string }
  /**
   * Something has happened that we must ask about, because the message itself proves too little. In an answer: there are
   * refunds, and the provider does not tell which.
   */
  | { kind: "hint"; orderNo: string; why: string }
  | { kind: "hint"; orderNo: null; tradeNo: string; why: string }
  | { kind: "ignored"; why: string }
  | { kind: "unrecognised"; said: string };

/** A webhook as it arrived. `body` holds the raw bytes that the signature covers; header names are lower-case. */
export type WebhookCall = { body: Buffer; headers: Record<string, string | undefined> };

/** A verified webhook. `eventId` is the provider's own id of this notice. */
export type Heard = { eventId: string; eventType: string; observations: Observation[] };

/**
 * A payment provider with one merchant's credentials. A missing optional method is a missing capability.
 *
 * No method throws for what a provider says or fails to say: time-outs and garbage are `unknown`. `hear` throws
 * `notification_refused` / `notification_malformed`; `prepare` throws `amount_not_allowed` / `invalid_parameter`.
 */
export interface Provider {
  /** True when money really moves. */
  readonly livemode: boolean;
  /** The receiving account's name at the provider; may ask the provider, so its result is kept with the config. */
  account(): Promise<string>;
  /** Makes the request to be stored, without any call; refuses what this provider cannot express. */
  prepare(payment: NewPayment): Prepared;
  /** `idempotencyKey` and `prepared` are those of the stored attempt, the same on every repeat. */
  start(payment: Payment, prepared: Prepared, idempotencyKey: string): Promise<Started>;
  /** How long a repeat of `start` is known as one, in seconds; absent: for as long as any payment can be paid. */
  readonly startKeySeconds?: number;
  look(payment: Payment): Promise<Observation[]>;
  /** Verifies, then reads. `account` is the config's stored account. */
  hear(call: WebhookCall, account: string): Promise<Heard>;
  /**
   * What a webhook's body says, whoever sent it: for one that `hear` has verified before and that was kept since, never
   * for one that comes in. Throws `notification_malformed` / `notification_refused` for what it cannot read.
   */
  read(body: Buffer, account: string): Heard;
  /**
   * `closed` only when the provider cannot take money any more; `open` with the reason when it still can.
   */
  close?(payment: Payment): Promise<Observation[]>;
  /**
   * Takes the money of an approved payment; asked twice with the same key it takes it once. Whatever is said about the
   * payment afterwards is what it returns.
   */
  capture?(payment: Payment, idempotencyKey: string): Promise<Observation[]>;
  /**
   * Makes the request to be stored with a refund, without any call and before anything is reserved. Throws
   * `amount_not_allowed` for what this provider cannot express. Every provider with `refund` has it.
   */
  prepareRefund?(payment: Payment, refund: PlannedRefund): Prepared;
  /**
   * Sends `refund.prepared` under `refund.idempotencyKey`; asked twice for the same refund it makes one. A refund is
   * known at the provider by `refund.providerRefundNo`, whatever its key.
   */
  refund?(payment: Payment, refund: Refund): Promise<RefundOutcome>;
  lookRefund?(payment: Payment, refund: Refund): Promise<RefundOutcome>;
  /**
   * Registers `webhookUrl` at the provider, or finds it registered, and returns what belongs into the credentials for it.
   * Throws a `GatewayError` that says what is wrong.
   */
  register?(webhookUrl: string): Promise<Record<string, unknown>>;
  /** Proves the credentials with a harmless, signed call; `null`: they work, else what is wrong, in words for a person. */
  probe?(): Promise<string | null>;
}
