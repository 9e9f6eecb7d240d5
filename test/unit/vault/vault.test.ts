import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type KeyService, vaultWith } from "../../../lib/vault/vault.ts";

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

/** A key service that returns the right key for any context, so that only the vault's own check remains. */
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
  it("the vault decrypts what it encrypted, whatever the order of the context, and shows no plaintext", async () => {
    const vault = vaultWith(keyService());
    const encrypted = await vault.encrypt(secret, context);
    expect(encrypted).not.toContain("canary");
    const { user, config, provider, field } = context;
    expect(await vault.open(encrypted, { field, provider, config, user })).toBe(secret);
  });

  const moved = { user: "2", config: "8", provider: "alipay", field: "webhook_body" };
  it.each(Object.entries(moved))(
    "the vault never decrypts a text that was moved to another %s",
    async (name, other) => {
      for (const keys of [keyService(), obligingService()]) {
        const vault = vaultWith(keys);
        const encrypted = await vault.encrypt(secret, context);
        await expect(vault.open(encrypted, { ...context, [name]: other })).rejects.toThrow();
        await expect(vault.open(encrypted, { ...context, more: "x" })).rejects.toThrow();
        expect(await vault.open(encrypted, context)).toBe(secret);
      }
    },
  );

  /** Texts of several lengths, so that base64 occurs with each of its three endings. */
  const texts = ["", "a", "ab", "abc", secret];
  const services = { "a key service": keyService, "a key service that ignores the context": obligingService };

  /** The changed texts that the vault decrypts, to whatever plaintext. */
  async function opened(keys: KeyService, changed: (encrypted: string) => string[]): Promise<string[]> {
    const vault = vaultWith(keys);
    const all = await Promise.all(texts.map(async (text) => changed(await vault.encrypt(text, context))));
    const tries = all.flat().map((text) =>
      vault.open(text, context).then(
        () => [text],
        () => [],
      ),
    );
    return (await Promise.all(tries)).flat();
  }

  it.each(Object.entries(services))(
    "the vault never decrypts a text with one changed bit, with %s",
    async (_, keys) => {
      const flipped = (encrypted: string) =>
        [...Buffer.from(encrypted)].flatMap((byte, at) =>
          [0, 1, 2, 3, 4, 5, 6, 7].map((bit) =>
            Buffer.from(encrypted)
              .fill(byte ^ (1 << bit), at, at + 1)
              .toString("latin1"),
          ),
        );
      expect(await opened(keys(), flipped)).toEqual([]);
      expect(await opened(keys(), (encrypted) => [encrypted])).toHaveLength(texts.length);
    },
  );

  it.each(Object.entries(services))("the vault never decrypts a truncated text, with %s", async (_, keys) => {
    const cut = (encrypted: string) => Array.from(encrypted, (_, length) => encrypted.slice(0, length));
    expect(await opened(keys(), cut)).toEqual([]);
  });

  it.each(Object.entries(services))(
    "the vault never decrypts a text with a shortened or lengthened part, with %s",
    async (_, keys) => {
      const resized = (encrypted: string) =>
        ["key", "iv", "data", "tag"].flatMap((part) => {
          const parts = JSON.parse(encrypted) as Record<string, string>;
          const bytes = Buffer.from(parts[part]!, "base64");
          const cut = Array.from(bytes, (_, length) => bytes.subarray(0, length));
          return [...cut, Buffer.concat([bytes, bytes]), Buffer.concat([bytes, Buffer.alloc(1)])].map(
            (other) => JSON.stringify({ ...parts, [part]: other.toString("base64") }),
          );
        });
      // Doubling an empty part does not change the text.
      const changed = (encrypted: string) => resized(encrypted).filter((text) => text !== encrypted);
      expect(await opened(keys(), changed)).toEqual([]);
    },
  );

  it("the vault encrypts the same text differently each time", async () => {
    const vault = vaultWith(keyService());
    const [one, two] = [await vault.encrypt(secret, context), await vault.encrypt(secret, context)];
    expect(JSON.parse(one!)).toMatchObject({ encrypted: 1 });
    expect(JSON.parse(one!).iv).not.toBe(JSON.parse(two!).iv);
    expect(JSON.parse(one!).data).not.toBe(JSON.parse(two!).data);
  });

  it("the vault calls the key service once for many texts of one context, and again after a failure", async () => {
    const keys = keyService();
    const vault = vaultWith(keys);
    const encrypted = await Promise.all([vault.encrypt("a", context), vault.encrypt("b", context)]);
    expect(await Promise.all(encrypted.map((text) => vault.open(text, context)))).toEqual(["a", "b"]);
    expect(keys.calls).toEqual(["generate", "unwrap"]);

    let failures = 1;
    const flaky: KeyService = {
      ...keys,
      unwrap: (wrapped, of) =>
        failures-- > 0 ? Promise.reject(new Error("throttled")) : keys.unwrap(wrapped, of),
    };
    const another = vaultWith(flaky);
    await expect(another.open(encrypted[0]!, context)).rejects.toThrow("throttled");
    expect(await another.open(encrypted[0]!, context)).toBe("a");
  });

  it.each([
    "",
    "{}",
    "null",
    "[]",
    '{"encrypted":2}',
    '{"encrypted":1,"key":"a"}',
    '{"secret_key":"sk"}',
    "sk_plain",
  ])("the vault does not decrypt %j, which it did not encrypt", async (text) => {
    await expect(vaultWith(keyService()).open(text, context)).rejects.toThrow();
  });
});
