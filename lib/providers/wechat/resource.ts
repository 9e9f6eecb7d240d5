import { createDecipheriv } from "node:crypto";
import type { EncryptedResource } from "./wire.ts";

const tagBytes = 16;

/**
 * Decrypts what WeChat Pay encrypted with the merchant's API v3 key (AES-256-GCM); undefined if it was changed on the
 * way or encrypted with another key.
 */
export function openResource(resource: EncryptedResource, apiV3Key: string): string | undefined {
  const encrypted = Buffer.from(resource.ciphertext, "base64");
  if (encrypted.length < tagBytes) return undefined;
  try {
    const key = Buffer.from(apiV3Key, "utf8");
    const nonce = Buffer.from(resource.nonce, "utf8");
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(resource.associated_data ?? "", "utf8"));
    decipher.setAuthTag(encrypted.subarray(-tagBytes));
    // mutation: wechat-authentication-tag
    const plain = Buffer.concat([decipher.update(encrypted.subarray(0, -tagBytes)), decipher.final()]);
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch {
    return undefined;
  }
}
