import { randomInt } from "node:crypto";

const digits = "0123456789";
const alphanumeric = `${digits}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz`;

/** `length` random digits. */
export function randomDigits(length: number): string {
  return pick(digits, length);
}

/** `length` random letters and digits. */
export function randomText(length: number): string {
  return pick(alphanumeric, length);
}

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}
