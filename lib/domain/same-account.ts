import type { Account } from "./config.ts";
import type { Payment } from "./payment.ts";

/** Whether these credentials belong to the account that the payment was created with. */
export function isAccountOf(payment: Pick<Payment, "providerAccount" | "livemode">, said: Account): boolean {
  return payment.providerAccount === said.account && payment.livemode === said.livemode;
}

/** Whether this is another object of the provider than the one stored for the payment. */
export function isOther({ objectId: stored }: Pick<Payment, "objectId">, objectId?: string | null): boolean {
  return stored !== null && objectId != null && objectId !== stored;
}
