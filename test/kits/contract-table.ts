import type { Payment } from "../../lib/domain/payment.ts";
import type { Provider } from "../../lib/domain/provider.ts";
import type { Money } from "../../lib/money/money.ts";
import type { ProxiedAnswer } from "../steps/provider-proxy.ts";

export const hour = 3_600;
export const day = 86_400;

/** The members that a provider may leave out. */
export type OptionalMethod = {
  [Name in keyof Provider]-?: Record<never, never> extends Pick<Provider, Name> ? Name : never;
}[keyof Provider];

/** `config_data` as a merchant enters it. */
export type Credentials = Record<string, unknown>;

export type SceneTable = {
  /** The form of the link or code that the buyer gets. */
  handle: RegExp;
  /** The provider has no order before the buyer opens it: until then a fetch finds nothing and a close ends nothing. */
  beginsWithBuyer?: boolean;
  /** Seconds: a requested lifetime (the first is the longest), that of the payment, and that of its link. */
  lives: readonly (readonly [requested: number, payment: number, link: number])[];
};

/** Everything provider-specific that the contract suite knows. */
export type ContractTable = {
  /** The provider's id of a payment, or the form of one. */
  paymentId: RegExp | ((payment: Payment) => string);
  scenes: Record<string, SceneTable>;
  /** The optional members that its adapter has. */
  claims: readonly OptionalMethod[];
  /** The provider's payments are objects with their own ids, which every paid event names. */
  namesObjects?: true;
  /** The amount of the orders that the suite creates. */
  amount: Money;
  /** Amounts that the provider's API cannot express, and the field that the error names. */
  inexpressible: readonly { amount: Money; field: "amount" | "currency" }[];
  /** Operations that the adapter answers without a call: `close`, or `createPayment <scene>`. */
  offline: readonly string[];
  /** The event that a webhook about a payment gives, and one about a refund. */
  webhooks: { payment: "paid" | "refetch"; refund: "refunded" | "refundedTotal" | "refetch" };
  /** The members of the provider's answers that hold the state. */
  states: { payment: string; refund: string };
  /** The provider's status of a successful refund, if refunds are first pending. */
  refundDone?: string;
  /** Absent: the provider does not sign its answers; TLS alone authenticates them. */
  answers?: {
    /** Credentials that trust the test's own key in place of the provider's. */
    trustingUs(credentials: Credentials): Credentials;
    /** An answer signed with that key. */
    signedByUs(answer: ProxiedAnswer): ProxiedAnswer;
    /** Simulator faults that make a signature missing or wrong. */
    unverified: readonly Record<string, unknown>[];
  };
  /** Wrong credentials that a probe must detect. `other` are another merchant's. */
  wrongCredentials: Record<string, (own: Credentials, other: Credentials) => Credentials>;
};
