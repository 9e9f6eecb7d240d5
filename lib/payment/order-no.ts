import { randomBytes } from "node:crypto";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const randomLength = 15;

/** `UNI`, 14 digits of UTC time, 15 random characters (75 bits): suits every provider's rules and cannot be guessed. */
export function newOrderNo(now: Date): string {
  const time = now.toISOString().replace(/\D/g, "").slice(0, 14);
  const random = Array.from(randomBytes(randomLength), (byte) => alphabet[byte % 32]).join("");
  return `UNI${time}${random}`;
}

export const orderNoShape = new RegExp(`^UNI[0-9]{14}[${alphabet}]{${randomLength}}$`);
