import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { identifyCaller } from "../invocation.ts";
import type { Caller } from "../payment/ports.ts";
import { hashOf, readApiKey, type Scope, sameKey } from "./api-key.ts";

export type StoredKey = {
  keyId: string;
  hash: Buffer;
  scopes: string[];
  expiresAt: Date | null;
  revokedAt: Date | null;
  merchant: { userId: string; username: string; active: boolean; notifyUrl: string | null };
};

export interface KeyRows {
  find(keyId: string): Promise<StoredKey | null>;
}

export type Authenticate = (text: string | undefined, scope: Scope) => Promise<Caller>;

/** How long a revoked key may still work, in milliseconds by the gateway's clock. */
const cacheMs = 60_000;
const mostCached = 1_000;

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
    return key;
  }

  return async (text, scope) => {
    if (!text) throw new GatewayError("unauthorised", "send your API key in the X-API-Key header");
    const key = await find(text);
    const now = clock.now();
    if (!key || isOver(key.expiresAt, now) || isOver(key.revokedAt, now)) {
      throw new GatewayError("unauthorised", "the API key is not valid");
    }
    identifyCaller({ userId: key.merchant.userId, keyId: key.keyId });
    if (!key.scopes.includes(scope))
      throw new GatewayError("forbidden", `the API key lacks the scope "${scope}"`);
    return { ...key.merchant, scopes: new Set(key.scopes) };
  };
}

function isOver(time: Date | null, now: Date): boolean {
  return time !== null && time <= now;
}
