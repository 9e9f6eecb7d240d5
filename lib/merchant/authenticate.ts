import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { identifyCaller } from "../invocation.ts";
import { log, nameOf } from "../log.ts";
import type { Caller } from "../payment/ports.ts";
import { hashOf, readApiKey, type Scope, sameKey } from "./api-key.ts";
import { failureLimit } from "./failure-limit.ts";

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

/** What a key says of itself; nothing is believed before its hash is found under it. */
export type KeyName = { keyId: string; userId: string };

export interface KeyRows {
  find(key: KeyName): Promise<StoredKey | null>;
  noteUse(key: KeyName, at: Date): Promise<void>;
}

/** `source`: the address that the call came from; those who name none share one. */
export type Authenticate = (
  text: string | undefined,
  scope: Scope,
  source?: string,
) => Promise<Authenticated>;

/** How long a revoked key may still work, in milliseconds by the gateway's clock. */
const cacheMs = 60_000;
const mostCached = 1_000;
/** How exactly the last use is known, in milliseconds: one write in this time, however many processes use the key. */
const lastUseMs = 5 * 60_000;

/**
 * Failed keys a minute from one address, in one process. Each may cost a look-up, and none of a secret of 160 bits is
 * guessed: so it is generous, for the sake of the others behind the same address. Keys that are known pass in any case.
 */
const mostFailures = 300;

/** Who calls, by `X-API-Key`. Known keys are kept in this process only, by their hash, for at most a minute. */
export function authenticator(rows: KeyRows, clock: Clock): Authenticate {
  const known = new Map<string, { key: StoredKey; at: number }>();
  const strangers = failureLimit(clock, ["unauthorised"]);

  function remembered(text: string): StoredKey | null {
    const cached = known.get(nameIn(text));
    const now = clock.now().getTime();
    if (cached && /* mutation: api-key-cache-age */ now - cached.at < cacheMs) return cached.key;
    return null;
  }

  async function admit(text: string): Promise<StoredKey> {
    const read = readApiKey(text);
    if (!read) throw invalid();
    const now = clock.now();
    const key = await rows.find(read);
    if (!sameKey(text, key?.hash ?? null) || key === null) throw invalid();
    known.set(nameIn(text), { key, at: now.getTime() });
    if (known.size > mostCached) known.delete(known.keys().next().value as string);
    // mutation: api-key-valid-before-use
    assertValid(key);
    await noteUse(read, key, now);
    return key;
  }

  function assertValid(key: StoredKey): void {
    const now = clock.now();
    if (
      /* mutation: api-key-expired */ isOver(key.expiresAt, now) ||
      /* mutation: api-key-revoked */ isOver(key.revokedAt, now)
    )
      throw invalid();
  }

  /**
   * Only when the key has just been read, so that a warm call writes nothing. Waited for, because what is not is frozen
   * with the process once the call is answered; a failure costs the note and not the call.
   */
  async function noteUse(read: KeyName, key: StoredKey, now: Date): Promise<void> {
    if (
      key.lastUsedAt &&
      now.getTime() - key.lastUsedAt.getTime() < /* mutation: api-key-last-use-gap */ lastUseMs
    )
      return;
    await rows
      .noteUse(read, now)
      // mutation: api-key-last-use-failure
      .catch((error) => log.warn("last use of a key not noted", nameOf(error)));
  }

  return async (text, scope, source = "") => {
    if (!text) throw new GatewayError("unauthorised", "send your API key in the X-API-Key header");
    const key =
      /* mutation: key-failures-remembered */ remembered(text) ??
      (await strangers({ /* mutation: key-failures-most */ [source]: mostFailures }, () => admit(text)));
    assertValid(key);
    identifyCaller({ userId: key.merchant.userId, keyId: key.keyId });
    // mutation: api-key-scope
    if (!key.scopes.includes(scope))
      throw new GatewayError("forbidden", `the API key lacks the scope "${scope}"`);
    return { ...key.merchant, scopes: new Set(key.scopes) };
  };
}

function nameIn(text: string): string {
  return hashOf(text).toString("base64");
}

function invalid(): GatewayError {
  return new GatewayError("unauthorised", "the API key is not valid");
}

function isOver(time: Date | null, now: Date): boolean {
  return time !== null && time <= now;
}
