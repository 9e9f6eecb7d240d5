import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { BoundedMap } from "../bounded-map.ts";
import { GatewayError } from "../errors.ts";
import { type LogFields, log, nameOf } from "../log.ts";

/** KMS, as far as the vault needs it. */
export interface KeyService {
  /** A fresh 256-bit key, plain and wrapped for `context`. */
  generate(context: Record<string, string>): Promise<{ plain: Uint8Array; wrapped: Uint8Array }>;
  /** Throws unless it was wrapped for exactly this context. */
  unwrap(wrapped: Uint8Array, context: Record<string, string>): Promise<Uint8Array>;
}

export interface Vault {
  encrypt(text: string, context: Record<string, string>): Promise<string>;
  open(encrypted: string, context: Record<string, string>): Promise<string>;
}

/**
 * What is stored. `encrypted` is the format's version, `key` the data key as KMS wrapped it; all fields except the
 * version are base64.
 */
type Encrypted = { encrypted: 1; key: string; iv: string; data: string; tag: string };

/** Plain data keys live in memory only, at most five minutes of real time. */
const keyLifeMs = 5 * 60_000;
const mostKeys = 1_000;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Envelope encryption: AES-256-GCM under a data key that KMS wraps for the same context. The context is authenticated
 * twice, by KMS and as additional data, so a text that was moved to another owner or field cannot be decrypted.
 */
export function vaultWith(keys: KeyService): Vault {
  const plainKeys = new BoundedMap<{ plain: Promise<Uint8Array>; at: number }>(mostKeys);
  const encryptionKeys = new BoundedMap<{
    made: Promise<{ plain: Uint8Array; wrapped: Uint8Array }>;
    at: number;
  }>(mostKeys);

  function plainKey(wrapped: string, context: Record<string, string>): Promise<Uint8Array> {
    const name = `${wrapped}\n${canonical(context)}`;
    const found = plainKeys.get(name);
    if (found && performance.now() - found.at < keyLifeMs) return found.plain;
    const plain = keys.unwrap(Buffer.from(wrapped, "base64"), context);
    plainKeys.set(name, { plain, at: performance.now() });
    plain.catch(() => plainKeys.delete(name));
    return plain;
  }

  function encryptionKey(context: Record<string, string>) {
    const name = canonical(context);
    const found = encryptionKeys.get(name);
    if (found && performance.now() - found.at < keyLifeMs) return found.made;
    const made = keys.generate(context);
    encryptionKeys.set(name, { made, at: performance.now() });
    made.catch(() => encryptionKeys.delete(name));
    return made;
  }

  return {
    async encrypt(text, context) {
      const { plain, wrapped } = await encryptionKey(context);
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv("aes-256-gcm", plain, iv, { authTagLength: tagBytes });
      const key = Buffer.from(wrapped).toString("base64");
      cipher.setAAD(additionalData(key, context));
      const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]).toString("base64");
      const encrypted: Encrypted = {
        encrypted: 1,
        key,
        iv: iv.toString("base64"),
        data,
        tag: cipher.getAuthTag().toString("base64"),
      };
      return JSON.stringify(encrypted);
    },
    async open(text, context) {
      const { key, ...parts } = read(text);
      const [iv, data, tag] = [bytesOf(parts.iv), bytesOf(parts.data), bytesOf(parts.tag)];
      const plain = await plainKey(key, context);
      const decipher = createDecipheriv("aes-256-gcm", plain, iv, {
        /* mutation: vault-tag-length */ authTagLength: tagBytes,
      });
      decipher.setAAD(additionalData(key, context));
      decipher.setAuthTag(tag);
      return Buffer.concat([
        decipher.update(data),
        /* mutation: vault-authentication-tag */ decipher.final(),
      ]).toString("utf8");
    },
  };
}

function read(text: string): Encrypted {
  const value: unknown = JSON.parse(text);
  const parts = ["key", "iv", "data", "tag"] as const;
  const found = value as Encrypted | null;
  if (typeof found !== "object" || found === null || found.encrypted !== 1)
    throw new Error("not an encrypted text");
  if (!parts.every((part) => typeof found[part] === "string"))
    throw new Error("an encrypted text lacks a part");
  return found;
}

/** Accepts only canonical base64: another spelling of the same bytes means that the text was changed. */
function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, "base64");
  // mutation: vault-canonical-base64
  if (bytes.toString("base64") !== base64) throw new Error("an encrypted text was changed");
  return bytes;
}

/** The context as text, independent of the order of its names. */
function canonical(context: Record<string, string>): string {
  return JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function additionalData(key: string, context: Record<string, string>): Buffer {
  return Buffer.from(/* mutation: vault-context */ `1\n${key}\n${canonical(context)}`);
}

/** `null`: it cannot be decrypted, because it was moved or changed, or its key was deleted. Throws if the key service is unavailable. */
export async function openOrAlarm(
  vault: Vault,
  encrypted: string,
  context: Record<string, string>,
  whose: LogFields,
): Promise<string | null> {
  try {
    return await vault.open(encrypted, context);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    log.alarm("encrypted text cannot be decrypted", { ...whose, kind: context.field, ...nameOf(error) });
    return null;
  }
}
