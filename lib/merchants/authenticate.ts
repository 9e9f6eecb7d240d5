import { BoundedMap } from "../bounded-map.ts";
import type { Clock } from "../clock.ts";
import type { Authenticated } from "../domain/caller.ts";
import { GatewayError } from "../errors.ts";
import { identifyCaller } from "../invocation.ts";
import { failureLimit } from "../limits/failure-limit.ts";
import { log, nameOf } from "../log.ts";
import type { KeyName, StoredKey } from "../storage/api-keys.ts";
import { hashOf, readApiKey, type Scope, sameKey } from "./api-key.ts";

/** `source`: the caller's IP address; calls without one share a limit. */
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
 * Failed keys per minute, address and process. Each costs at most one query, and a 160-bit secret cannot be guessed,
 * so the limit is generous towards other callers behind the same address. Cached keys always pass.
 */
const mostFailures = 300;

/**
 * Authenticates a call by its `X-API-Key`. Valid keys are cached in this process only, by their hash, for at most a
 * minute.
 */
/** The keys of all merchants: `find` reads one, `noteUse` records that it was used. */
type KeyTable = {
  find(key: KeyName): Promise<StoredKey | null>;
  noteUse(key: KeyName, at: Date): Promise<void>;
};

export function authenticator(keys: KeyTable, clock: Clock): Authenticate {
  const cache = new BoundedMap<{ key: StoredKey; at: number }>(mostCached);
  const failedKeys = failureLimit(clock, ["unauthorised"]);

  function fromCache(text: string): StoredKey | null {
    const cached = cache.get(nameIn(text));
    const now = clock.now().getTime();
    if (cached && /* mutation: api-key-cache-age */ now - cached.at < cacheMs) return cached.key;
    return null;
  }

  async function admit(text: string): Promise<StoredKey> {
    const read = readApiKey(text);
    if (!read) throw invalid(wrapping(text));
    const now = clock.now();
    const key = await keys.find(read);
    if (!sameKey(text, key?.hash ?? null) || key === null) throw invalid();
    cache.set(nameIn(text), { key, at: now.getTime() });
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
   * Runs only when the key has just been read from the database, so that a call with a cached key writes nothing. It is
   * awaited, because the process is frozen after the response; a failure loses the note, not the call.
   */
  async function noteUse(read: KeyName, key: StoredKey, now: Date): Promise<void> {
    if (
      key.lastUsedAt &&
      now.getTime() - key.lastUsedAt.getTime() < /* mutation: api-key-last-use-gap */ lastUseMs
    )
      return;
    await keys
      .noteUse(read, now)
      // mutation: api-key-last-use-failure
      .catch((error) => log.warn("last use of a key not noted", nameOf(error)));
  }

  return async (text, scope, source = "") => {
    if (!text?.trim()) throw new GatewayError("unauthorised", "send your API key in the X-API-Key header");
    const key =
      /* mutation: key-failures-cached */ fromCache(text) ??
      (await failedKeys({ /* mutation: key-failures-most */ [source]: mostFailures }, () => admit(text)));
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

function invalid(why?: string): GatewayError {
  return new GatewayError("unauthorised", `the API key is not valid${why ? `: ${why}` : ""}`);
}

/** What people and tools put around a key. The message never contains the key. */
function wrapping(text: string): string | undefined {
  if (/^\s*(?:bearer|basic|token|apikey)\b/i.test(text)) return "send it alone, without a word before it";
  if (/^["'\u201C\u2018]|["'\u201D\u2019]$/.test(text)) return "send it without quotes";
  if (/^x-api-key\s*:/i.test(text)) return "send it without the header's name";
  if (text.trim() !== text) return "send it without blanks around it";
  if (/[\s,]/.test(text)) return "send one key, without blanks in it";
  return undefined;
}

function isOver(time: Date | null, now: Date): boolean {
  return time !== null && time <= now;
}
