import type { ProviderError } from "../errors.ts";
import type { Money } from "../money/money.ts";
import type { NotifyState } from "./delivery.ts";
import { type PaymentState, type PaymentStatus, publicStatus } from "./payment-state.ts";

/** The request to the provider as it was stored; a repeat sends exactly this again. */
export type Prepared = Record<string, unknown>;

/** What the buyer needs to pay; the shape depends on the scene (see the table of `POST /payment/create`). */
export type Payable = {
  paymentId: string;
  paymentUrl: string;
  qrCode: string;
  extraData: Record<string, unknown>;
};

/** A payment order as it is stored. Ids are decimal strings, times are UTC. */
export type Payment = {
  id: string;
  orderNo: string;
  userId: string;
  configId: string;
  provider: string;
  /** The provider's own name of the receiving account; a paid event of another account never settles this payment. */
  providerAccount: string;
  scene: string;
  outTradeNo: string;
  subject: string;
  body: string;
  amount: Money;
  state: PaymentState;
  /** What merchants see of the state. */
  status: PaymentStatus;
  /** Adds one with each change of the status. */
  version: number;
  /** The provider's transaction; "" until it is known. */
  tradeNo: string;
  /** The provider's object for this payment (Stripe's session, PayPal's order); `null` until its answer is stored. */
  objectId: string | null;
  /** Set once the provider's answer is stored. */
  payable: Payable | null;
  /** Until when the link or code is valid; `null` while there is none. */
  payableUntil: Date | null;
  /** Version of the config whose key signed the link or code; `null` if it carries no signature of ours. */
  payableVersion: number | null;
  refusal: ProviderError | null;
  notifyUrl: string | null;
  returnUrl: string | null;
  metadata: Record<string, string>;
  livemode: boolean;
  lateSuccess: boolean;
  closeRequested: boolean;
  refundedMinor: number;
  /** Refunds that may still succeed, in minor units. */
  reservedMinor: number;
  /** The key of a capture whose outcome is not known. */
  captureKey: string | null;
  pollCount: number;
  createdAt: Date;
  updatedAt: Date;
  expiresAt: Date;
  paidAt: Date | null;
  closedAt: Date | null;
  polledAt: Date | null;
  nextPollAt: Date | null;
  /** The first of the polls since when the provider has answered none; `null`: the last one was answered. */
  unansweredSince: Date | null;
  /** When it became a success here: its quiet polls are scheduled from then. `null`: it gets none. */
  quietFrom: Date | null;
};

/** What a payment has before anything has happened to it. */
export const initial = {
  state: "requested",
  status: publicStatus.requested,
  version: 1,
  tradeNo: "",
  objectId: null,
  payable: null,
  payableUntil: null,
  payableVersion: null,
  refusal: null,
  lateSuccess: false,
  closeRequested: false,
  refundedMinor: 0,
  reservedMinor: 0,
  captureKey: null,
  pollCount: 0,
  paidAt: null,
  closedAt: null,
  polledAt: null,
  unansweredSince: null,
  quietFrom: null,
} as const satisfies Partial<Payment>;

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
