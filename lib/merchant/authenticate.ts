import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { identifyCaller } from "../invocation.ts";
import { log, nameOf } from "../log.ts";
import type { Caller } from "../payment/ports.ts";
import { hashOf, readApiKey, type Scope, sameKey } from "./api-key.ts";

/** Who calls, and how many calls a minute they may make; `null`: any number. */
export type Authenticated = Caller & { rateLimit: number | null };

export type StoredKey = {
  keyId: string;
  hash: Buffer;
  scopes: string[];
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  merchant: Omit<Authenticated, "scopes">;
};

export interface KeyRows {
  find(keyId: string): Promise<StoredKey | null>;
  noteUse(key: { keyId: string; userId: string }, at: Date): Promise<void>;
}

export type Authenticate = (text: string | undefined, scope: Scope) => Promise<Authenticated>;

/** How long a revoked key may still work, in milliseconds by the gateway's clock. */
const cacheMs = 60_000;
const mostCached = 1_000;
/** How exactly the last use is known, in milliseconds: one write in this time, however many processes use the key. */
const lastUseMs = 5 * 60_000;

/** Who calls, by `X-API-Key`. Known keys are kept in this process only, by their hash, for at most a minute. */
export function authenticator(rows: KeyRows, clock: Clock): Authenticate {
  const known = new Map<string, { key: StoredKey; at: number }>();

  async function find(text: string): Promise<StoredKey | null> {
    const read = readApiKey(text);
    if (!read) return null;
    const name = hashOf(text).toString("base64");
    const now = clock.now().getTime();
    const cached = known.get(name);
    if (cached && now - cached.at < cacheMs) return cached.key;
    const key = await rows.find(read.keyId);
    if (!sameKey(text, key?.hash ?? null) || key === null) return null;
    known.set(name, { key, at: now });
    if (known.size > mostCached) known.delete(known.keys().next().value as string);
    await noteUse(read, key, new Date(now));
    return key;
  }

  /**
   * Only when the key has just been read, so that a warm call writes nothing. Waited for, because what is not is frozen
   * with the process once the call is answered; a failure costs the note and not the call.
   */
  async function noteUse(read: { keyId: string; userId: string }, key: StoredKey, now: Date): Promise<void> {
    if (isDead(key, now) || (key.lastUsedAt && now.getTime() - key.lastUsedAt.getTime() < lastUseMs)) return;
    await rows.noteUse(read, now).catch((error) => log.warn("last use of a key not noted", nameOf(error)));
  }

  return async (text, scope) => {
    if (!text) throw new GatewayError("unauthorised", "send your API key in the X-API-Key header");
    const key = await find(text);
    const now = clock.now();
    if (!key || isDead(key, now)) {
      throw new GatewayError("unauthorised", "the API key is not valid");
    }
    identifyCaller({ userId: key.merchant.userId, keyId: key.keyId });
    if (!key.scopes.includes(scope))
      throw new GatewayError("forbidden", `the API key lacks the scope "${scope}"`);
    return { ...key.merchant, scopes: new Set(key.scopes) };
  };
}

function isDead(key: StoredKey, now: Date): boolean {
  return isOver(key.expiresAt, now) || isOver(key.revokedAt, now);
}

function isOver(time: Date | null, now: Date): boolean {
  return time !== null && time <= now;
}
