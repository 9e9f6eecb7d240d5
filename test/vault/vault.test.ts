import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type KeyService, vaultWith } from "../../lib/vault/vault.ts";

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

  /** Of every length, so that base64 ends in all of its three ways. */
  const texts = ["", "a", "ab", "abc", secret];
  const services = { "its key service": keyService, "one that gives the key to anybody": obligingService };

  /** Every text that is opened to anything at all. */
  async function opened(keys: KeyService, changed: (sealed: string) => string[]): Promise<string[]> {
    const vault = vaultWith(keys);
    const all = await Promise.all(texts.map(async (text) => changed(await vault.seal(text, context))));
    const tries = all.flat().map((text) =>
      vault.open(text, context).then(
        () => [text],
        () => [],
      ),
    );
    return (await Promise.all(tries)).flat();
  }

  it.each(Object.entries(services))(
    "never opens a text of which one bit was changed, with %s",
    async (_, keys) => {
      const flipped = (sealed: string) =>
        [...Buffer.from(sealed)].flatMap((byte, at) =>
          [0, 1, 2, 3, 4, 5, 6, 7].map((bit) =>
            Buffer.from(sealed)
              .fill(byte ^ (1 << bit), at, at + 1)
              .toString("latin1"),
          ),
        );
      expect(await opened(keys(), flipped)).toEqual([]);
      expect(await opened(keys(), (sealed) => [sealed])).toHaveLength(texts.length);
    },
  );

  it.each(Object.entries(services))(
    "never opens a text that was cut off anywhere, with %s",
    async (_, keys) => {
      const cut = (sealed: string) => Array.from(sealed, (_, length) => sealed.slice(0, length));
      expect(await opened(keys(), cut)).toEqual([]);
    },
  );

  it.each(Object.entries(services))(
    "never opens a text of which a part was cut or lengthened, with %s",
    async (_, keys) => {
      const resized = (sealed: string) =>
        ["key", "iv", "data", "tag"].flatMap((part) => {
          const parts = JSON.parse(sealed) as Record<string, string>;
          const bytes = Buffer.from(parts[part]!, "base64");
          const cut = Array.from(bytes, (_, length) => bytes.subarray(0, length));
          return [...cut, Buffer.concat([bytes, bytes]), Buffer.concat([bytes, Buffer.alloc(1)])].map(
            (other) => JSON.stringify({ ...parts, [part]: other.toString("base64") }),
          );
        });
      // Nothing twice is nothing still.
      const changed = (sealed: string) => resized(sealed).filter((text) => text !== sealed);
      expect(await opened(keys(), changed)).toEqual([]);
    },
  );

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
  ])("does not open %j, which it did not seal", async (text) => {
    await expect(vaultWith(keyService()).open(text, context)).rejects.toThrow();
  });
});
