import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

/** What a key may do. */
export const scopes = ["create", "query", "refund", "notify"] as const;
export type Scope = (typeof scopes)[number];

/** A key when it is made; `text` is shown once and never stored. */
export type NewApiKey = { text: string; keyId: string; hash: Buffer };

/** Crockford's base 32, lower case: no i, l, o, u. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const secretLength = 32;
const checksumLength = 7;
const shape = new RegExp(
  `^ak_(m([1-9][0-9]{0,19})k[${alphabet}]{8})_([${alphabet}]{${secretLength}})([${alphabet}]{${checksumLength}})$`,
);

/** `ak_m<merchant>k<8 random>_<160-bit secret><CRC-32 checksum>`: the key id names the merchant, the checksum finds typos. */
export function newApiKey(userId: string): NewApiKey {
  const keyId = `m${userId}k${randomText(8)}`;
  const body = `ak_${keyId}_${randomText(secretLength)}`;
  const text = body + checksum(body);
  return { text, keyId, hash: hashOf(text) };
}

/** The key's id and merchant; `null` for a malformed key, without a database query. */
export function readApiKey(text: string): { keyId: string; userId: string } | null {
  const [, keyId, userId, , sum] = shape.exec(text) ?? [];
  if (keyId === undefined || userId === undefined || sum === undefined) return null;
  // mutation: api-key-checksum
  return checksum(text.slice(0, -checksumLength)) === sum ? { keyId, userId } : null;
}

export function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Takes the same time for a key that does not exist: pass `null`, it is compared with zeros and refused. */
export function sameKey(text: string, stored: Buffer | null): boolean {
  const equal = timingSafeEqual(hashOf(text), stored ?? Buffer.alloc(32));
  // mutation: api-key-unknown
  return /* mutation: api-key-secret */ equal && stored !== null;
}

function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % 32]).join("");
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = "";
  for (let digit = 0; digit < checksumLength; digit++) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
