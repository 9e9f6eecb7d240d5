import type { Money } from "../../lib/money/money.ts";
import type { Payable, Payment } from "../../lib/payment/payment.ts";
import type { Provider } from "../../lib/payment/provider.ts";
import type { TappedAnswer } from "./tap.ts";

/** The members that a provider may leave out. */
export type OptionalMethod = {
  [Name in keyof Provider]-?: Record<never, never> extends Pick<Provider, Name> ? Name : never;
}[keyof Provider];

/** `config_data` as a merchant types it. */
export type Credentials = Record<string, unknown>;

export type SceneTable = {
  /** The row of the scene in api.md: what the buyer gets. Fields may be asymmetric matchers. */
  payable(payment: Payment): Record<keyof Payable, unknown>;
  /** Where there is nothing at the provider before a buyer comes, a look finds nothing and a close ends nothing. */
  beginsWithBuyer?: boolean;
};

/** What is different about a provider: all that the contract suite knows of it. */
export type ContractTable = {
  scenes: Record<string, SceneTable>;
  /** The optional members that its adapter has. */
  claims: readonly OptionalMethod[];
  /** Its payments are objects with ids of its own, which every paid fact names. */
  namesObjects?: true;
  /** Of the orders that are made. */
  amount: Money;
  /** What its API cannot say, and the field that the merchant is told. */
  inexpressible: readonly { amount: Money; field: "amount" | "currency" }[];
  /** `close`, or `start <scene>`: answered by the adapter alone, without a call. */
  offline: readonly string[];
  /** What its webhook about a payment, and about a refund, is worth. */
  webhooks: { payment: "paid" | "hint"; refund: "refunded" | "refundedTotal" | "hint" };
  /** Members of its answers that hold the state. */
  states: { payment: string; refund: string };
  /** How it calls a refund that has succeeded, where refunds take their time. */
  refundDone?: string;
  /** Absent: its answers are not signed, and TLS alone vouches for them. */
  answers?: {
    /** Credentials that trust the test's own key in place of the provider's. */
    trustingUs(credentials: Credentials): Credentials;
    /** An answer signed with that key. */
    signedByUs(answer: TappedAnswer): TappedAnswer;
    /** Faults by which a signature is missing or wrong. */
    unverified: readonly Record<string, unknown>[];
  };
  /** Ways to get the credentials wrong that a probe must find. `other` is another merchant's. */
  wrongCredentials: Record<string, (own: Credentials, other: Credentials) => Credentials>;
};
