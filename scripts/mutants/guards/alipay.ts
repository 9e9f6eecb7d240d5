import type { Mutant } from "../mutant.ts";
import { ofAdapter } from "../of-adapter.ts";

const of = ofAdapter("alipay");

/** What Alipay's adapter checks before it says anything: who says it, of which account, order and amount. */
export const alipayGuards: Mutant[] = [
  {
    name: "Alipay: a notice with any signature is believed",
    ...of("signature", "signature"),
    from: "if (!isSigned(text, sign, publicKey)) {",
    to: "if (!isSigned(text, sign, publicKey) && sign === text) {",
  },
  {
    name: "Alipay: signatures of another kind than RSA2 are taken",
    ...of("signature", "signature"),
    from: `if (signType !== "RSA2")`,
    to: `if (!signType)`,
  },
  {
    name: "Alipay: a field may appear twice in a notice",
    ...of("signature", "signature"),
    from: "if (names.size !== entries.length)",
    to: "if (names.size > entries.length)",
  },
  {
    name: "Alipay: an answer with any signature is believed",
    ...of("signature", "signature"),
    from: "return isSigned(text, sign.slice(1, -1), publicKey) ? text : undefined;",
    to: "return text;",
  },
  {
    name: "Alipay: an answer may hold a member twice",
    ...of("signature", "signature"),
    from: " || members.has(name)",
    to: "",
  },
  {
    name: "Alipay: the application's own public key is taken for Alipay's",
    ...of("credentials", "credentials"),
    from: "ownPublicKey(private_key) !== public_key",
    to: "private_key !== public_key",
  },
  {
    name: "Alipay: an answer about another order is believed",
    ...of("trade", "trade"),
    from: "if (trade.out_trade_no !== orderNo) {",
    to: "if (!trade.out_trade_no) {",
  },
  {
    name: "Alipay: a notice of another application is ours",
    ...of("trade", "trade"),
    from: "if (notice.app_id !== own.app_id) return notice.app_id;",
    to: "",
  },
  {
    name: "Alipay: a notice of another seller is ours",
    ...of("trade", "trade"),
    from: "own.seller_id === undefined || own.seller_id === notice.seller_id",
    to: "own.seller_id === undefined || notice.trade_no",
  },
  {
    name: "Alipay: an answer about another refund is believed",
    ...of("refund", "refund"),
    from: "about.out_request_no === providerRefundNo &&",
    to: "",
  },
  {
    name: "Alipay: another refunded amount is believed",
    ...of("refund", "refund"),
    from: 'fromDecimal(refunded, "CNY").minor === amount.minor',
    to: 'fromDecimal(refunded, "CNY").minor > 0',
  },
];
