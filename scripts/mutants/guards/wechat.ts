import type { Mutant } from "../mutant.ts";
import { ofAdapter } from "../of-adapter.ts";

const of = ofAdapter("wechat");

/** What WeChat Pay's adapter checks before it says anything: who says it, of which account, order and amount. */
export const wechatGuards: Mutant[] = [
  {
    name: "WeChat Pay: a message with any signature is believed",
    ...of("signature", "signature"),
    from: `return signatureFits(text, signature, found.key) ? null : "its signature does not fit";`,
    to: `return signatureFits(text, signature, found.key) ? null : null;`,
  },
  {
    name: "WeChat Pay: signatures of another kind are taken",
    ...of("signature", "signature"),
    from: `!read("signature-type", /^WECHATPAY2-SHA256-RSA2048$/)`,
    to: `!read("signature-type", /^WECHATPAY2-/)`,
  },
  {
    name: "WeChat Pay: an old message is believed",
    ...of("signature", "signature"),
    from: "if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds)",
    to: "if (Number(timestamp) - now.getTime() / 1000 > toleranceSeconds)",
  },
  {
    name: "WeChat Pay: a message from the future is believed",
    ...of("signature", "signature"),
    from: "if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds)",
    to: "if (now.getTime() / 1000 - Number(timestamp) > toleranceSeconds)",
  },
  {
    name: "WeChat Pay: a probe causes a download",
    ...of("signature", "certificates"),
    from: `if (signature.startsWith(probePrefix)) return "its signature is one of WeChat Pay's probes";`,
    to: "",
  },
  {
    name: "WeChat Pay: a certificate is used before and after its time",
    ...of("certificates", "certificates"),
    from: "certificate.validFromDate <= now && now <= certificate.validToDate;",
    to: "certificate.validFromDate <= certificate.validToDate;",
  },
  {
    name: "WeChat Pay: a list of certificates that nobody signed is believed",
    ...of("certificates", "certificates"),
    from: "return fault === null ? { certificates }",
    to: "return fault === null || certificates.size > 0 ? { certificates }",
  },
  {
    name: "WeChat Pay: invented serial numbers each cause a download",
    ...of("certificates", "certificates"),
    from: "(underWay || clock.now() >= nextDownload)",
    to: "(underWay || clock.now() >= new Date(0))",
  },
  {
    name: "WeChat Pay: what was encrypted may be changed on the way",
    ...of("resource", "signature"),
    from: "const plain = Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);",
    to: "const plain = decipher.update(sealed.subarray(0, -tagBytes));",
  },
  {
    name: "WeChat Pay: a payment to another merchant is ours",
    ...of("trade", "notice"),
    from: "if (mchid !== own.mch_id) return mchid;",
    to: "",
  },
  {
    name: "WeChat Pay: a payment of another application is ours",
    ...of("trade", "notice"),
    from: "return isOurs ? own.mch_id : appid;",
    to: "return isOurs || appid ? own.mch_id : appid;",
  },
  {
    name: "WeChat Pay: the close of another account's order is believed",
    ...of("trade", "trade"),
    from: "if (account !== own.mch_id)\n",
    to: "if (account === state)\n",
  },
  {
    name: "WeChat Pay: a notice whose name and content differ is believed",
    ...of("notice", "notice"),
    from: `(type === "TRANSACTION.SUCCESS" && first?.kind === "paid")`,
    to: `first?.kind === "paid"`,
  },
  {
    name: "WeChat Pay: an answer about another order is believed",
    ...of("wechat", "trade"),
    from: `"orderNo" in one && one.orderNo !== orderNo`,
    to: `"orderNo" in one && one.orderNo === ""`,
  },
  {
    name: "WeChat Pay: an answer about another refund is believed",
    ...of("refund", "refund"),
    from: "refundNo !== providerRefundNo || said.refund !== amount.minor",
    to: "said.refund !== amount.minor",
  },
  {
    name: "WeChat Pay: another refunded amount is believed",
    ...of("refund", "refund"),
    from: "refundNo !== providerRefundNo || said.refund !== amount.minor",
    to: "refundNo !== providerRefundNo",
  },
  {
    name: "WeChat Pay: a refund of another merchant is ours",
    ...of("refund", "notice"),
    from: "if (told.mchid !== mchId)",
    to: "if (!told.mchid)",
  },
];
