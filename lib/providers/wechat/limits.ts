import { cut, sizeOf, type TextLimit } from "../text-limit.ts";

/**
 * A limit that WeChat Pay's page gives in characters, although public reports show that it counts bytes. From public
 * copies of the pages, 2026-11-30.
 */
const bytes = (most: number, source: string): TextLimit => ({
  most,
  /* mutation: wechat-limit-unit */ unit: "bytes",
  source,
});

const nativePage = "pay.weixin.qq.com/docs/merchant/products/native-payment/apilist.html (2025-03-31)";
const refundPage = "pay.weixin.qq.com/doc/v3/merchant/4012552567 (2024-12-02)";
/** The page says "at most 127 characters", but a text of 69 Chinese and other characters was refused as having 135. */
const countedInBytes = "github.com/JeffreySu/WeiXinMPSDK/issues/3217";

/** The maximum length of each text that we send. */
export const textLimits = {
  appid: bytes(32, nativePage),
  mchid: bytes(32, nativePage),
  description: bytes(127, `${nativePage}, ${countedInBytes}`),
  /** At least 6. We send our order number, 32 characters. */
  out_trade_no: bytes(32, nativePage),
  time_expire: bytes(64, nativePage),
  /** We send the merchant's `out_trade_no`: 64 letters, digits, `_` and `-` at most. */
  attach: bytes(128, `${nativePage}, counted as the description is`),
  notify_url: bytes(255, nativePage),
  out_refund_no: bytes(64, "pay.weixin.qq.com/doc/v3/partner/4013163605 (2025-03-06), in bytes"),
  reason: bytes(80, `${refundPage}, counted as the description is`),
  refund_notify_url: bytes(256, refundPage),
} satisfies Record<string, TextLimit>;

/** In fen. No page names a largest amount. */
export const amountLimits = { currency: "CNY", least: 1, source: nativePage };

/**
 * Characters of four bytes: API v3 takes those of one to three only (…/development/interface-rules/basic-rules.html).
 */
const fourBytes = /[\u{10000}-\u{10FFFF}]/gu;

/**
 * A text that people read, as WeChat Pay accepts it: four-byte characters become U+FFFD, and a long text is truncated.
 */
export function truncated(text: string, limit: TextLimit): string {
  return cut(
    text
      // mutation: wechat-four-bytes
      .replace(fourBytes, "\uFFFD"),
    limit,
  );
}

/**
 * Whether WeChat Pay would call this URL: https without a query, not too long. `local`: WeChat Pay is a simulator,
 * which may call this machine without encryption.
 */
export function isCallable(text: string, limit: TextLimit, local: boolean): boolean {
  const { protocol, hostname, search, hash } = new URL(text);
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
  const secure = protocol === "https:" || (local && loopback);
  return secure && !search && !hash && sizeOf(text, limit.unit) <= limit.most;
}
