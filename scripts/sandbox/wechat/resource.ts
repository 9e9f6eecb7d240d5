import { createCipheriv } from "node:crypto";
import { randomText } from "../kernel/random.ts";

/** Text as only the holder of the APIv3 key can read and make it: the tag is the ciphertext's last 16 bytes. */
export type SealedText = { algorithm: string; nonce: string; associated_data: string; ciphertext: string };

/**
 * AES-256-GCM; key and nonce are used as the text's bytes
 * (pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay4_2.shtml).
 */
export function seal(apiV3Key: string, text: string, associatedData: string): SealedText {
  const nonce = randomText(12);
  const cipher = createCipheriv("aes-256-gcm", apiV3Key, nonce);
  cipher.setAAD(Buffer.from(associatedData));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return {
    algorithm: "AEAD_AES_256_GCM",
    nonce,
    associated_data: associatedData,
    ciphertext: sealed.toString("base64"),
  };
}
