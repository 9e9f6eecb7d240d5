import * as z from "zod";
import { carriedFields } from "../carried-fields.ts";
import { ownPublicKey, rsaKey } from "../rsa.ts";
import { keyForms, pastedId, pastedSecret, pastedSerial } from "./pasted.ts";

const appId = pastedId.pipe(
  z.string().regex(/^w[wx][0-9A-Za-z]{16}$/, "is the AppID that is bound to the merchant: wx…"),
);

/** `config_data` of a WeChat Pay config. Parsing normalises the keys, and accepts its own result again. */
export const wechatCredentials = z
  .strictObject({
    app_id: appId,
    /** AppIDs with which earlier orders of this merchant were created; these orders are still its own. */
    former_app_ids: z.array(appId).max(50).optional(),
    /** A JSON number is accepted as well. */
    mch_id: z
      .int()
      .transform(String)
      .or(pastedId)
      .pipe(z.string().regex(/^[0-9]{8,12}$/, "is the merchant number")),
    /** Serial number of the merchant's API certificate; it identifies the private key to WeChat Pay. */
    serial_no: pastedSerial.pipe(
      z.string().regex(/^[0-9A-F]{16,40}$/, "is the serial number of the API certificate, in hexadecimal"),
    ),
    api_v3_key: pastedSecret.pipe(
      z
        .string()
        .refine(
          (key) => Buffer.byteLength(key) === 32,
          "must be exactly 32 bytes long: it is the APIv3 key (APIv3密钥), not the older API key and not a private key",
        ),
    ),
    /** Private key of the merchant's API certificate (`apiclient_key.pem`). */
    private_key: rsaKey(true, keyForms),
    public_key_id: pastedId
      .pipe(z.string().regex(/^PUB_KEY_ID_[0-9A-Za-z]{1,64}$/, "starts with PUB_KEY_ID_"))
      .optional(),
    /**
     * WeChat Pay's public key (`pub_key.pem`), not the merchant's. Without it, platform certificates verify answers.
     */
    public_key: rsaKey(false, keyForms).optional(),
  })
  .superRefine(({ public_key_id: id, public_key: key, private_key: own }, context) => {
    const needs = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (key && !id) needs("public_key_id", "belongs to public_key");
    if (id && !key) needs("public_key", "belongs to public_key_id");
    if (key && ownPublicKey(own) === key)
      needs("public_key", "is the merchant's own; WeChat Pay's is needed");
  });

export type WechatCredentials = z.infer<typeof wechatCredentials>;

const mostFormerApps = 20;

/**
 * Keeps earlier AppIDs. The account is the merchant number: money of an order that was created with an earlier AppID
 * still reaches it, and WeChat Pay names that AppID in every answer and notice about the order.
 */
export function carryOver(
  before: WechatCredentials,
  changes: Record<string, unknown>,
): Partial<WechatCredentials> {
  const earlier = new Set([...(before.former_app_ids ?? []), before.app_id]);
  earlier.delete(String(changes.app_id));
  return {
    ...carriedFields(before, changes, [["public_key", "public_key_id"]]),
    ...(earlier.size > 0 && { former_app_ids: [...earlier].slice(-mostFormerApps) }),
  };
}
