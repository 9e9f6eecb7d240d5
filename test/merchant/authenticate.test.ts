import { describe, expect, it } from "vitest";
import { newApiKey, type Scope } from "../../lib/merchant/api-key.ts";
import { authenticator, type StoredKey } from "../../lib/merchant/authenticate.ts";
import { logOf } from "../steps/captured-log.ts";

const start = new Date("2026-01-01T00:00:00Z");

/** One merchant's key in a table that counts who asks, and a clock to move. */
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
  const asked: string[] = [];
  const noted: Date[] = [];
  let now = start;
  const rows = {
    async find({ keyId }: { keyId: string }) {
      asked.push(keyId);
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
    asked,
    noted,
    passes: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
    ask: (text: string | undefined = key.text, scope: Scope = "create", source?: string) =>
      authenticate(text, scope, source),
  };
}

const unauthorised = { failure: "unauthorised" };

describe("who calls", () => {
  it("is the key's merchant, asked for once a minute", async () => {
    const { ask, asked, key, passes } = scene();
    expect(await ask()).toMatchObject({ userId: "7", username: "shop", active: true });
    passes(59.9);
    await ask();
    expect(asked).toEqual([key.keyId]);
    passes(0.1);
    await ask();
    expect(asked).toHaveLength(2);
  });

  it("is nobody with a mistyped key, which is not even looked for", async () => {
    const { ask, asked, key } = scene();
    for (const text of [key.text.slice(0, -1), `${key.text} `, "ak_", "x", key.text.replace("ak_", "sk_")]) {
      await expect(ask(text)).rejects.toMatchObject(unauthorised);
    }
    expect(asked).toEqual([]);
  });

  it.each([
    ["a word before it", (text: string) => `Bearer ${text}`, "alone, without a word before it"],
    ["a word of another case", (text: string) => `bearer ${text}`, "alone, without a word before it"],
    ["quotes", (text: string) => `"${text}"`, "without quotes"],
    ["single quotes", (text: string) => `'${text}'`, "without quotes"],
    ["typographic quotes", (text: string) => `\u201C${text}\u201D`, "without quotes"],
    ["blanks around it", (text: string) => ` ${text}`, "without blanks around it"],
    ["a line break at its end", (text: string) => `${text}\r\n`, "without blanks around it"],
    ["the header's name", (text: string) => `X-API-Key: ${text}`, "without the header's name"],
    ["a second key", (text: string) => `${text}, ${text}`, "one key"],
  ])("is told what to change about a key with %s, and nobody is looked for", async (_what, wrap, words) => {
    const { ask, asked, key } = scene();
    const refused = await ask(wrap(key.text)).catch((error: Error) => error);
    expect(refused).toMatchObject({ ...unauthorised, message: expect.stringContaining(words) });
    expect(String(refused)).not.toContain(key.text.slice(3, 20));
    expect(asked).toEqual([]);
  });

  it("is nobody with another secret under a known id", async () => {
    const { ask, key, row } = scene();
    const other = newApiKey("7");
    const forged = scene({ ...row, hash: other.hash });
    await expect(forged.ask()).rejects.toMatchObject(unauthorised);
    await expect(ask(other.text)).rejects.toMatchObject(unauthorised);
    expect(await ask(key.text)).toMatchObject({ userId: "7" });
  });

  it.each(["expiresAt", "revokedAt"] as const)(
    "is nobody from the moment of %s, however fresh the cache",
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
    ["a key whose row is gone", (row: StoredKey) => (row.hash = Buffer.alloc(32))],
  ])("is nobody a minute after the change at the latest, with %s in use", async (_name, change) => {
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

  it("is let through only to what the key's scopes allow, each in full", async () => {
    const { ask } = scene({ scopes: ["query"] });
    await expect(ask(undefined, "create")).rejects.toMatchObject({ failure: "forbidden" });
    expect(await ask(undefined, "query")).toMatchObject({ userId: "7" });
    const crafty = scene({ scopes: ["createquery"] });
    await expect(crafty.ask(undefined, "create")).rejects.toMatchObject({ failure: "forbidden" });
  });

  it("is asked for by everybody who sends no key", async () => {
    const { ask } = scene();
    await expect(ask("")).rejects.toThrow(/X-API-Key/);
  });
});

describe("the last use of a key", () => {
  const minutes = (count: number) => new Date(start.getTime() + count * 60_000);

  it("is noted when the key is read anew, once in five minutes however often that is", async () => {
    const { ask, asked, noted, passes } = scene();
    for (let minute = 0; minute <= 10; minute++) {
      await ask();
      await ask();
      passes(60);
    }
    expect(asked).toHaveLength(11);
    expect(noted).toEqual([minutes(0), minutes(5), minutes(10)]);
  });

  it("is not noted again when another process has just done so", async () => {
    const { ask, noted } = scene({ lastUsedAt: minutes(-4) });
    await ask();
    expect(noted).toEqual([]);
  });

  it("is no use of a key that is over or of another secret", async () => {
    for (const over of [{ revokedAt: start }, { expiresAt: start }, { hash: newApiKey("7").hash }]) {
      const { ask, noted } = scene(over);
      await expect(ask()).rejects.toMatchObject(unauthorised);
      expect(noted).toEqual([]);
    }
  });

  it("costs nobody a call when it cannot be noted", async () => {
    const { ask, rows } = scene();
    rows.noteUse = () => Promise.reject(new Error("read-only"));
    const lines = await logOf(async () => expect(await ask()).toMatchObject({ userId: "7" }));
    expect(lines).toMatchObject([{ level: "warn", message: "last use of a key not noted" }]);
  });
});

describe("an address from which too many keys fail", () => {
  const tooMany = { failure: "too_many_requests", details: { retryAfterSeconds: 1 } };
  const mostFailures = 300;

  async function exhausted(text = () => newApiKey("7").text) {
    const it = scene();
    for (let times = 0; times < mostFailures; times++) {
      await expect(it.ask(text(), "create", "192.0.2.1")).rejects.toMatchObject(unauthorised);
    }
    return it;
  }

  it("has no further key looked for, until a moment has passed", async () => {
    const { ask, asked, key, passes } = await exhausted();
    expect(asked).toHaveLength(mostFailures);
    for (const text of [newApiKey("7").text, key.text, "ak_"]) {
      await expect(ask(text, "create", "192.0.2.1")).rejects.toMatchObject(tooMany);
    }
    expect(asked).toHaveLength(mostFailures);
    passes(0.2);
    expect(await ask(key.text, "create", "192.0.2.1")).toMatchObject({ userId: "7" });
  });

  it("is that also by keys that no key can look like", async () => {
    const { ask, asked } = await exhausted(() => "ak_typo");
    await expect(ask("ak_typo", "create", "192.0.2.1")).rejects.toMatchObject(tooMany);
    expect(asked).toEqual([]);
  });

  it("keeps nobody out who calls from another, or whose key is known here", async () => {
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

  it("is none because of keys that lack a scope", async () => {
    const { ask } = scene({ scopes: ["query"] });
    for (let times = 0; times <= mostFailures; times++) {
      await expect(ask(undefined, "create", "192.0.2.1")).rejects.toMatchObject({ failure: "forbidden" });
    }
  });
});
