import { GatewayError } from "../../errors.ts";
import { type Money, toDecimal } from "../../money/money.ts";
import { cut, sizeOf, type TextLimit } from "../text-limit.ts";

const orders = "opendocs.alipay.com/open/028r8t and 02ekfg, read 2026-09-11";
const refunds = "opendocs.alipay.com/open/02ekfk, read 2026-09-11";
const chinese = `${orders}; global.alipay.com/doc/global/createandpay: 256 is "up to 128 Chinese characters"`;

/**
 * The maximum length of each text that we send. Alipay's current pages count characters without naming a unit; older
 * pages count the same numbers in bytes of GBK. We use the stricter unit: a shortened title still says what was bought.
 */
export const textLimits = {
  subject: { most: 256, unit: /* mutation: alipay-subject-unit */ "gbk", source: chinese },
  body: { most: 128, unit: "gbk", source: chinese },
  refund_reason: { most: 256, unit: "gbk", source: refunds },
  out_trade_no: { most: 64, unit: "bytes", source: orders },
  out_request_no: { most: 64, unit: "bytes", source: refunds },
  /** URL-encoded. */
  passback_params: { most: 512, unit: "bytes", source: orders },
  notify_url: { most: 256, unit: "bytes", source: orders },
  return_url: { most: 256, unit: "bytes", source: orders },
} as const satisfies Record<string, TextLimit>;

/**
 * `least` and `most` in fen; `characters` of the decimal text: Alipay's type is Price(11) for a page, Price(12) for a
 * code and Price(16) for a refund.
 */
export const amountLimits = { least: 1, most: 10_000_000_000, characters: 11, source: orders } as const;

/** A text that people read. Alipay forbids `/`, `=` and `&` in a subject; their full-width forms read the same. */
export function textFor(field: "subject" | "body" | "refund_reason", text: string): string {
  const fullWidth = text.replace(/[/=&]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
  return cut(fullWidth, textLimits[field]);
}

/** One of our own URLs, which cannot be truncated. Throws `invalid_parameter`. */
export function addressFor(field: "notify_url" | "return_url", url: string): string {
  const { most, unit } = textLimits[field];
  const size = sizeOf(url, unit);
  // mutation: alipay-address-length
  if (size <= most) return url;
  const message = `${field} has ${size} bytes, Alipay takes ${most}: give the gateway a shorter public URL`;
  throw new GatewayError("invalid_parameter", message, { fields: [{ field, message }] });
}

/** The amount in yuan. Throws `amount_not_allowed` for what Alipay cannot take. */
export function yuan(amount: Money): string {
  if (amount.currency !== "CNY") refuse("currency", "Alipay takes CNY only");
  const { least, most, characters } = amountLimits;
  if (amount.minor < least || amount.minor > most) refuse("amount", "Alipay takes 0.01 to 100000000 CNY");
  const text = toDecimal(amount);
  // The maximum amount is allowed, but one character too long with two decimals.
  // mutation: alipay-amount-length
  return text.length > characters ? text.replace(/\.00$/, "") : text;
}

function refuse(field: string, message: string): never {
  throw new GatewayError("amount_not_allowed", message, { fields: [{ field, message }] });
}
