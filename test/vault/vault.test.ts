import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isSealed, type KeyService, vaultWith } from "../../lib/vault/vault.ts";

/** Wraps keys under a key of its own, with the context as additional data, as KMS does. */
function keyService(): KeyService & { calls: string[] } {
  const master = randomBytes(32);
  const calls: string[] = [];
  const dataOf = (context: Record<string, string>) =>
    Buffer.from(JSON.stringify(Object.entries(context).sort()));
  return {
    calls,
    async generate(context) {
      calls.push("generate");
      const plain = randomBytes(32);
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", master, iv);
      cipher.setAAD(dataOf(context));
      const data = Buffer.concat([cipher.update(plain), cipher.final()]);
      return { plain, wrapped: Buffer.concat([iv, cipher.getAuthTag(), data]) };
    },
    async unwrap(wrapped, context) {
      calls.push("unwrap");
      const bytes = Buffer.from(wrapped);
      const decipher = createDecipheriv("aes-256-gcm", master, bytes.subarray(0, 12));
      decipher.setAAD(dataOf(context));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    },
  };
}

/** A key service that gives the right key for any context: what remains is the vault's own check. */
function obligingService(): KeyService {
  const plain = randomBytes(32);
  return {
    generate: async () => ({ plain, wrapped: Buffer.from("wrapped") }),
    unwrap: async () => plain,
  };
}

const context = { user: "1", config: "7", provider: "stripe", field: "config_data" };
const secret = '{"secret_key":"sk_canary"}';

describe("the vault", () => {
  it("opens what it sealed, whatever the order of the context's names, and shows none of it", async () => {
    const vault = vaultWith(keyService());
    const sealed = await vault.seal(secret, context);
    expect(sealed).not.toContain("canary");
    expect(isSealed(sealed)).toBe(true);
    const { user, config, provider, field } = context;
    expect(await vault.open(sealed, { field, provider, config, user })).toBe(secret);
  });

  const moved = { user: "2", config: "8", provider: "alipay", field: "webhook_body" };
  it.each(Object.entries(moved))("never opens a text that was moved to another %s", async (name, other) => {
    for (const keys of [keyService(), obligingService()]) {
      const vault = vaultWith(keys);
      const sealed = await vault.seal(secret, context);
      await expect(vault.open(sealed, { ...context, [name]: other })).rejects.toThrow();
      await expect(vault.open(sealed, { ...context, more: "x" })).rejects.toThrow();
      expect(await vault.open(sealed, context)).toBe(secret);
    }
  });

  it.each(["iv", "data", "tag"])("never opens a text whose %s was changed", async (part) => {
    const vault = vaultWith(keyService());
    const sealed = JSON.parse(await vault.seal(secret, context)) as Record<string, string>;
    const bytes = Buffer.from(sealed[part]!, "base64");
    bytes[0] = bytes[0]! ^ 1;
    const changed = JSON.stringify({ ...sealed, [part]: bytes.toString("base64") });
    await expect(vault.open(changed, context)).rejects.toThrow();
  });

  it("takes no shortened tag, which could be guessed", async () => {
    const vault = vaultWith(keyService());
    const sealed = JSON.parse(await vault.seal(secret, context)) as Record<string, string>;
    const tag = Buffer.from(sealed.tag!, "base64").subarray(0, 4).toString("base64");
    await expect(vault.open(JSON.stringify({ ...sealed, tag }), context)).rejects.toThrow();
  });

  it("seals the same text differently each time", async () => {
    const vault = vaultWith(keyService());
    const [one, two] = [await vault.seal(secret, context), await vault.seal(secret, context)];
    expect(JSON.parse(one!)).toMatchObject({ sealed: 1 });
    expect(JSON.parse(one!).iv).not.toBe(JSON.parse(two!).iv);
    expect(JSON.parse(one!).data).not.toBe(JSON.parse(two!).data);
  });

  it("asks the key service once for many texts of one context, and again after it has failed", async () => {
    const keys = keyService();
    const vault = vaultWith(keys);
    const sealed = await Promise.all([vault.seal("a", context), vault.seal("b", context)]);
    expect(await Promise.all(sealed.map((text) => vault.open(text, context)))).toEqual(["a", "b"]);
    expect(keys.calls).toEqual(["generate", "unwrap"]);

    let failures = 1;
    const flaky: KeyService = {
      ...keys,
      unwrap: (wrapped, of) =>
        failures-- > 0 ? Promise.reject(new Error("throttled")) : keys.unwrap(wrapped, of),
    };
    const another = vaultWith(flaky);
    await expect(another.open(sealed[0]!, context)).rejects.toThrow("throttled");
    expect(await another.open(sealed[0]!, context)).toBe("a");
  });

  it.each([
    "",
    "{}",
    "null",
    "[]",
    '{"sealed":2}',
    '{"sealed":1,"key":"a"}',
    '{"secret_key":"sk"}',
    "sk_plain",
  ])("does not take %j for sealed", async (text) => {
    expect(isSealed(text)).toBe(false);
    await expect(vaultWith(keyService()).open(text, context)).rejects.toThrow();
  });
});
