import { randomBytes } from "node:crypto";

/** Crockford's base 32: no I, L, O, U. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `UNI`, 14 digits of UTC time, 15 random characters (75 bits): suits every provider's rules and cannot be guessed. */
export function newOrderNo(now: Date): string {
  return numbered("UNI", now, 15);
}

/** The number under which we create a refund at a provider: `R`, 14 digits of UTC time, 17 random characters. */
export function newProviderRefundNo(now: Date): string {
  return numbered("R", now, 17);
}

function numbered(prefix: string, now: Date, randomLength: number): string {
  const time = now.toISOString().replace(/\D/g, "").slice(0, 14);
  const random = Array.from(randomBytes(randomLength), (byte) => alphabet[byte % 32]).join("");
  return prefix + time + random;
}
