import type { initial, Payable, Payment, Prepared } from "./payment.ts";

/** The request that creates the payment at the provider. Only the lease holder may send it or store its outcome. */
export type ProviderRequest = {
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

export type NewOrder = Omit<Payment, "id" | keyof typeof initial> & {
  request: string;
  fingerprint: string;
  prepared: Prepared;
  idempotencyKey: string;
  leaseToken: string;
  leaseUntil: Date;
};

/** What the buyer needs to pay, until when it opens, and the version of the config whose key signed it, if any. */
export type Link = { payable: Payable; until: Date; version: number | null };
