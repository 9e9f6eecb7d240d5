import * as z from "zod";
import { isStorable } from "../../clock.ts";

// WeChat Pay adds fields and values at any time: only the fields that we read are described, and no list of values is
// closed.

const word = z.string().max(128);
const id = z.string().min(1).max(64);
const fen = z.int().nonnegative();
/**
 * RFC 3339, with +08:00. Absent, empty or null for what has not happened yet ("may be left out when null",
 * pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay2_0.shtml).
 */
const time = z.iso
  .datetime({ offset: true })
  // mutation: wechat-storable-time
  .refine((text) => isStorable(new Date(text)))
  .or(z.literal(""))
  .nullish();

/** Parses JSON, with or without a byte order mark; undefined for anything else. */
export function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** Body of every 4xx and 5xx. */
export const refusal = z.object({
  code: z.string().regex(/^\w{1,64}$/),
  message: z
    .string()
    .catch("")
    .transform((text) => text.toWellFormed()),
  /** Which part of the request was wrong. */
  detail: z.object({ location: word.nullish() }).optional().catch(undefined),
});

export const encryptedResource = z.object({
  algorithm: z.literal("AEAD_AES_256_GCM"),
  ciphertext: z.string().max(1_048_576),
  associated_data: word.nullish(),
  nonce: z.string().min(1).max(32),
});
export type EncryptedResource = z.infer<typeof encryptedResource>;

/** Answer of `GET /v3/certificates`. */
export const platformCertificates = z.object({
  data: z
    .array(
      z.object({
        serial_no: z.string().regex(/^[0-9A-Fa-f]{1,64}$/),
        encrypt_certificate: encryptedResource,
      }),
    )
    .min(1)
    .max(20),
});

/** Answer of `POST /v3/pay/transactions/native`. https://pay.weixin.qq.com/doc/v3/merchant/4012791877 */
export const nativeOrder = z.object({ code_url: z.string().min(1).max(512) });

/** Answer of the query, and content of a payment notice. https://pay.weixin.qq.com/doc/v3/merchant/4013070356 */
export const transaction = z.object({
  appid: word,
  mchid: word,
  out_trade_no: id,
  trade_state: word,
  transaction_id: word.nullish(),
  success_time: time,
  /** `total` is the order's; `payer_total` is less where a coupon paid a part. */
  amount: z.object({ total: fen.nullish(), currency: word.nullish() }).nullish(),
});
export type Transaction = z.infer<typeof transaction>;

/** Answer of a refund and of its query. https://pay.weixin.qq.com/doc/v3/merchant/4013071041 */
export const refundAnswer = z.object({
  refund_id: id,
  out_refund_no: id,
  out_trade_no: id,
  status: word,
  amount: z.object({ refund: fen, currency: word.nullish() }),
});

/** Content of a refund notice, which has no currency. https://pay.weixin.qq.com/doc/v3/merchant/4012082022 */
export const refundNotice = z.object({
  mchid: word,
  out_trade_no: id,
  transaction_id: id,
  out_refund_no: id,
  refund_id: id,
  refund_status: word,
  amount: z.object({ refund: fen }),
});

/** A webhook; its content is encrypted in `resource`. */
export const notice = z.object({
  id,
  event_type: z.string().min(1).max(64),
  resource: encryptedResource,
});
export type Notice = z.infer<typeof notice>;
