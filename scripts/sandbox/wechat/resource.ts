import { createCipheriv } from "node:crypto";
import { randomText } from "../kernel/random.ts";

/** Text encrypted with the APIv3 key; the tag is the last 16 bytes of the ciphertext. */
export type EncryptedText = { algorithm: string; nonce: string; associated_data: string; ciphertext: string };

/**
 * AES-256-GCM; key and nonce are the bytes of their texts
 * (pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay4_2.shtml).
 */
export function encrypt(apiV3Key: string, text: string, associatedData: string): EncryptedText {
  const nonce = randomText(12);
  const cipher = createCipheriv("aes-256-gcm", apiV3Key, nonce);
  cipher.setAAD(Buffer.from(associatedData));
  const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return {
    algorithm: "AEAD_AES_256_GCM",
    nonce,
    associated_data: associatedData,
    ciphertext: encrypted.toString("base64"),
  };
}
