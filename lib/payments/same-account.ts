import type { Account } from "./config-ports.ts";
import type { Payment } from "./payment.ts";

/** Whether these credentials speak for the account that the payment was made with. */
export function isAccountOf(payment: Pick<Payment, "providerAccount" | "livemode">, said: Account): boolean {
  return payment.providerAccount === said.account && payment.livemode === said.livemode;
}

/** Whether the provider's object is another than the one that the payment is known to have made. */
export function isOther({ objectId: stored }: Pick<Payment, "objectId">, objectId?: string | null): boolean {
  return stored !== null && objectId != null && objectId !== stored;
}
