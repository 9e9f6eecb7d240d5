import { describe, expect, it } from "vitest";
import { newApiKey, type Scope } from "../../../lib/merchants/api-key.ts";
import { authenticator } from "../../../lib/merchants/authenticate.ts";
import type { StoredKey } from "../../../lib/storage/api-keys.ts";
import { logOf } from "../../steps/captured-log.ts";

const start = new Date("2026-01-01T00:00:00Z");

/** One merchant's key in a table that records its lookups, and a clock to move. */
function scene(change: Partial<StoredKey> = {}) {
  const key = newApiKey("7");
  const merchant = { userId: "7", username: "shop", active: true, rateLimit: 100, notifyUrl: null };
  const row: StoredKey = {
    keyId: key.keyId,
    hash: key.hash,
    scopes: ["create"],
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    merchant,
    ...change,
  };
  const requested: string[] = [];
  const noted: Date[] = [];
  let now = start;
  const rows = {
    async find({ keyId }: { keyId: string }) {
      requested.push(keyId);
      return keyId === key.keyId ? { ...row } : null;
    },
    async noteUse({ keyId }: { keyId: string }, at: Date) {
      expect(keyId).toBe(key.keyId);
      noted.push(at);
      row.lastUsedAt = at;
    },
  };
  const authenticate = authenticator(rows, { now: () => now });
  return {
    key,
    row,
    rows,
    requested,
    noted,
    passes: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
    ask: (text: string | undefined = key.text, scope: Scope = "create", source?: string) =>
      authenticate(text, scope, source),
  };
}

const unauthorised = { failure: "unauthorised" };

describe("authentication by API key", () => {
  it("an API key identifies its merchant and is read once a minute", async () => {
    const { ask, requested, key, passes } = scene();
    expect(await ask()).toMatchObject({ userId: "7", username: "shop", active: true });
    passes(59.9);
    await ask();
    expect(requested).toEqual([key.keyId]);
    passes(0.1);
    await ask();
    expect(requested).toHaveLength(2);
  });

  it("a mistyped API key is refused without a lookup", async () => {
    const { ask, requested, key } = scene();
    for (const text of [key.text.slice(0, -1), `${key.text} `, "ak_", "x", key.text.replace("ak_", "sk_")]) {
      await expect(ask(text)).rejects.toMatchObject(unauthorised);
    }
    expect(requested).toEqual([]);
  });

  it.each([
    ["a word before it", (text: string) => `Bearer ${text}`, "alone, without a word before it"],
    ["a word of another case", (text: string) => `bearer ${text}`, "alone, without a word before it"],
    ["quotes", (text: string) => `"${text}"`, "without quotes"],
    ["single quotes", (text: string) => `'${text}'`, "without quotes"],
    ["typographic quotes", (text: string) => `\u201C${text}\u201D`, "without quotes"],
    ["spaces around it", (text: string) => ` ${text}`, "without blanks around it"],
    ["a line break at its end", (text: string) => `${text}\r\n`, "without blanks around it"],
    ["the header's name", (text: string) => `X-API-Key: ${text}`, "without the header's name"],
    ["a second key", (text: string) => `${text}, ${text}`, "one key"],
  ])(
    "an API key with %s is refused without a lookup, and the error says what to change",
    async (_what, wrap, words) => {
      const { ask, requested, key } = scene();
      const refused = await ask(wrap(key.text)).catch((error: Error) => error);
      expect(refused).toMatchObject({ ...unauthorised, message: expect.stringContaining(words) });
      expect(String(refused)).not.toContain(key.text.slice(3, 20));
      expect(requested).toEqual([]);
    },
  );

  it("an API key with a known id and another secret is refused", async () => {
    const { ask, key, row } = scene();
    const other = newApiKey("7");
    const forged = scene({ ...row, hash: other.hash });
    await expect(forged.ask()).rejects.toMatchObject(unauthorised);
    await expect(ask(other.text)).rejects.toMatchObject(unauthorised);
    expect(await ask(key.text)).toMatchObject({ userId: "7" });
  });

  it.each(["expiresAt", "revokedAt"] as const)(
    "an API key is refused from its %s on, however fresh the cache is",
    async (field) => {
      const { ask, passes } = scene({ [field]: new Date(start.getTime() + 30_000) });
      await ask();
      passes(29.9);
      await ask();
      passes(0.1);
      await expect(ask()).rejects.toMatchObject(unauthorised);
    },
  );

  it.each([
    ["a revoked key", (row: StoredKey) => (row.revokedAt = start)],
    ["a key whose hash was replaced", (row: StoredKey) => (row.hash = Buffer.alloc(32))],
  ])("%s is refused a minute after the change at the latest", async (_name, change) => {
    const { ask, row, passes } = scene();
    await ask();
    change(row);
    for (let calls = 0; calls < 6; calls++) {
      passes(9.9);
      await ask();
    }
    passes(0.6);
    await expect(ask()).rejects.toMatchObject(unauthorised);
  });

  it("an API key is accepted only for its scopes, which are compared in full", async () => {
    const { ask } = scene({ scopes: ["query"] });
    await expect(ask(undefined, "create")).rejects.toMatchObject({ failure: "forbidden" });
    expect(await ask(undefined, "query")).toMatchObject({ userId: "7" });
    const crafty = scene({ scopes: ["createquery"] });
    await expect(crafty.ask(undefined, "create")).rejects.toMatchObject({ failure: "forbidden" });
  });

  it("a call without an API key is told to send X-API-Key", async () => {
    const { ask } = scene();
    await expect(ask("")).rejects.toThrow(/X-API-Key/);
  });
});

describe("the last use of a key", () => {
  const minutes = (count: number) => new Date(start.getTime() + count * 60_000);

  it("the last use of a key is stored when the key is read, at most once in five minutes", async () => {
    const { ask, requested, noted, passes } = scene();
    for (let minute = 0; minute <= 10; minute++) {
      await ask();
      await ask();
      passes(60);
    }
    expect(requested).toHaveLength(11);
    expect(noted).toEqual([minutes(0), minutes(5), minutes(10)]);
  });

  it("the last use of a key is not stored again if another process has just stored it", async () => {
    const { ask, noted } = scene({ lastUsedAt: minutes(-4) });
    await ask();
    expect(noted).toEqual([]);
  });

  it("a revoked, expired or forged key has no last use", async () => {
    for (const over of [{ revokedAt: start }, { expiresAt: start }, { hash: newApiKey("7").hash }]) {
      const { ask, noted } = scene(over);
      await expect(ask()).rejects.toMatchObject(unauthorised);
      expect(noted).toEqual([]);
    }
  });

  it("a call succeeds even if the last use of its key cannot be stored", async () => {
    const { ask, rows } = scene();
    rows.noteUse = () => Promise.reject(new Error("read-only"));
    const lines = await logOf(async () => expect(await ask()).toMatchObject({ userId: "7" }));
    expect(lines).toMatchObject([{ level: "warn", message: "last use of a key not noted" }]);
  });
});

describe("failed keys by address", () => {
  const tooMany = { failure: "too_many_requests", details: { retryAfterSeconds: 1 } };
  const mostFailures = 300;

  async function exhausted(text = () => newApiKey("7").text) {
    const it = scene();
    for (let times = 0; times < mostFailures; times++) {
      await expect(it.ask(text(), "create", "192.0.2.1")).rejects.toMatchObject(unauthorised);
    }
    return it;
  }

  it("an address with too many failed keys gets no further lookup until a moment has passed", async () => {
    const { ask, requested, key, passes } = await exhausted();
    expect(requested).toHaveLength(mostFailures);
    for (const text of [newApiKey("7").text, key.text, "ak_"]) {
      await expect(ask(text, "create", "192.0.2.1")).rejects.toMatchObject(tooMany);
    }
    expect(requested).toHaveLength(mostFailures);
    passes(0.2);
    expect(await ask(key.text, "create", "192.0.2.1")).toMatchObject({ userId: "7" });
  });

  it("malformed keys count as failed keys of an address", async () => {
    const { ask, requested } = await exhausted(() => "ak_typo");
    await expect(ask("ak_typo", "create", "192.0.2.1")).rejects.toMatchObject(tooMany);
    expect(requested).toEqual([]);
  });

  it("failed keys of an address refuse neither other addresses nor keys in the cache", async () => {
    const { ask, key, passes } = await exhausted();
    expect(await ask(key.text, "create", "192.0.2.2")).toMatchObject({ userId: "7" });
    expect(await ask(key.text, "create", "192.0.2.1")).toMatchObject({ userId: "7" });
    expect(await ask(key.text)).toMatchObject({ userId: "7" });
    passes(59);
    for (let times = 0; times < mostFailures; times++)
      await ask("ak_typo", "create", "192.0.2.1").catch(() => {});
    await expect(ask("ak_typo", "create", "192.0.2.1")).rejects.toMatchObject(tooMany);
    expect(await ask(key.text, "create", "192.0.2.1")).toMatchObject({ userId: "7" });
  });

  it("keys that lack a scope do not count as failed keys of an address", async () => {
    const { ask } = scene({ scopes: ["query"] });
    for (let times = 0; times <= mostFailures; times++) {
      await expect(ask(undefined, "create", "192.0.2.1")).rejects.toMatchObject({ failure: "forbidden" });
    }
  });
});
