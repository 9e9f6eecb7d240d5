import { describe, expect, it } from "vitest";
import { newApiKey, type Scope } from "../../lib/merchant/api-key.ts";
import { authenticator, type StoredKey } from "../../lib/merchant/authenticate.ts";

const start = new Date("2026-01-01T00:00:00Z");

/** One merchant's key in a table that counts who asks, and a clock to move. */
function scene(change: Partial<StoredKey> = {}) {
  const key = newApiKey("7");
  const merchant = { userId: "7", username: "shop", active: true, notifyUrl: null };
  const row: StoredKey = {
    keyId: key.keyId,
    hash: key.hash,
    scopes: ["create"],
    expiresAt: null,
    revokedAt: null,
    merchant,
    ...change,
  };
  const asked: string[] = [];
  let now = start;
  const rows = {
    async find(keyId: string) {
      asked.push(keyId);
      return keyId === key.keyId ? { ...row } : null;
    },
  };
  const authenticate = authenticator(rows, { now: () => now });
  return {
    key,
    row,
    asked,
    passes: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
    ask: (text: string | undefined = key.text, scope: Scope = "create") => authenticate(text, scope),
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
