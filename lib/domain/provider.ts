import type { Money } from "../money/money.ts";
import type { Payable, Payment, Prepared } from "./payment.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "./refund.ts";
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

/** The outcome of a create call. */
export type CreateOutcome =
  | { kind: "payable"; payable: Payable }
  /** A verified refusal; its `ends` says whether the payment is over. */
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
   * our number alone. Only the object that was created for this payment settles it.
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
 * One fact from a provider; a response or webhook may contain several, in order. What is not recognised becomes
 * `unrecognised` and is never guessed.
 * - `open`: exists, can be paid · `in_transit`: the money is on its way, can take days · `approved`: waits for capture
 * - `closed`: can never be paid any more · `failed`: final, not paid · `missing`: the provider knows no such order
 * - `unknown`: no readable or verified answer.
 */
export type ProviderEvent =
  | Paid
  | {
      kind: "open" | "in_transit" | "approved" | "closed" | "failed" | "missing" | "unknown";
      orderNo: string;
      why: string;
      /** As in `Paid`; absent: the stored object itself was fetched. */
      objectId?: string | null;
      /** The code of a verified refusal that is not in the provider's table. */
      unlisted?: string;
    }
  | RefundSeen
  /** Everything refunded so far; what exceeds the recorded refunds was refunded outside the gateway. */
  | { kind: "refundedTotal"; orderNo: string; tradeNo: string; total: Money }
  | { kind: "disputed"; tradeNo: string; why: string }
  /**
   * The message itself proves too little, so the payment must be fetched. In the answer to a fetch: there are
   * refunds that the provider does not list.
   */
  | { kind: "refetch"; orderNo: string; why: string }
  | { kind: "refetch"; orderNo: null; tradeNo: string; why: string }
  | { kind: "ignored"; why: string }
  | { kind: "unrecognised"; said: string };

/** A webhook as it arrived. `body` holds the raw bytes that the signature covers; header names are lower-case. */
export type WebhookCall = { body: Buffer; headers: Record<string, string | undefined> };

/** A verified webhook. `eventId` is the provider's own id of this notice. */
export type ParsedWebhook = { eventId: string; eventType: string; events: ProviderEvent[] };

/**
 * A payment provider with one merchant's credentials. A missing optional method is a missing capability.
 *
 * No method throws because of the provider: time-outs and unreadable answers are `unknown`. `parseWebhook` throws
 * `notification_refused` or `notification_malformed`; `prepare` throws `amount_not_allowed` or `invalid_parameter`.
 */
export interface Provider {
  /** True when money really moves. */
  readonly livemode: boolean;
  /** The receiving account's id at the provider. May call the provider, so the result is stored with the config. */
  account(): Promise<string>;
  /** Makes the request to be stored, without any call; refuses what this provider cannot express. */
  prepare(payment: NewPayment): Prepared;
  /** `idempotencyKey` and `prepared` are those of the stored provider request, the same on every repeat. */
  createPayment(payment: Payment, prepared: Prepared, idempotencyKey: string): Promise<CreateOutcome>;
  /** How long the provider recognises a repeated create, in seconds; absent: as long as any payment can be paid. */
  readonly createKeySeconds?: number;
  fetchPayment(payment: Payment): Promise<ProviderEvent[]>;
  /** Verifies, then parses. `account` is the config's stored account. */
  parseWebhook(call: WebhookCall, account: string): Promise<ParsedWebhook>;
  /**
   * Parses a webhook's body without verifying it: only for stored webhooks that `parseWebhook` has verified. Throws
   * `notification_malformed` or `notification_refused` if it cannot be read.
   */
  read(body: Buffer, account: string): ParsedWebhook;
  /**
   * `closed` only when the provider cannot take money any more; `open` with the reason when it still can.
   */
  close?(payment: Payment): Promise<ProviderEvent[]>;
  /**
   * Captures an approved payment; a repeat with the same key captures once. Returns the payment's events afterwards.
   */
  capture?(payment: Payment, idempotencyKey: string): Promise<ProviderEvent[]>;
  /**
   * Makes the request to be stored with a refund, without any call and before anything is reserved. Throws
   * `amount_not_allowed` for what this provider cannot express. Every provider with `refund` has it.
   */
  prepareRefund?(payment: Payment, refund: PlannedRefund): Prepared;
  /**
   * Sends `refund.prepared` under `refund.idempotencyKey`; a repeat makes one refund. The provider identifies a refund
   * by `refund.providerRefundNo`, whatever its key.
   */
  refund?(payment: Payment, refund: Refund): Promise<RefundOutcome>;
  fetchRefund?(payment: Payment, refund: Refund): Promise<RefundOutcome>;
  /**
   * Registers `webhookUrl` at the provider, or finds it registered, and returns what belongs into the credentials for it.
   * Throws a `GatewayError` that says what is wrong.
   */
  register?(webhookUrl: string): Promise<Record<string, unknown>>;
  /**
   * Checks the credentials with a harmless, signed call; `null`: they work, else the problem as a message for people.
   */
  probe?(): Promise<string | null>;
}
