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
    from: "return [own.app_id, ...(own.former_app_ids ?? [])].includes(appid) ? own.mch_id : appid;",
    to: "return own.mch_id;",
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
  {
    name: "WeChat Pay: an order of a former AppID is another account's",
    ...of("trade", "accounts"),
    from: "[own.app_id, ...(own.former_app_ids ?? [])].includes(appid)",
    to: "[own.app_id].includes(appid)",
  },
  {
    name: "WeChat Pay: a payment of no amount is one",
    ...of("trade", "bytes"),
    from: "!amount?.total",
    to: `typeof amount?.total !== "number"`,
  },
  {
    name: "WeChat Pay: a refund of zero is one",
    ...of("refund", "bytes"),
    from: "if (told.amount.refund === 0)",
    to: "if (told.amount.refund < 0)",
  },
  {
    name: "WeChat Pay: limits count characters",
    ...of("limits", "limits"),
    from: `unit: "bytes", source`,
    to: `unit: "characters", source`,
  },
  {
    name: "WeChat Pay: characters of four bytes are sent",
    ...of("limits", "limits"),
    from: `text.replace(fourBytes, "\\uFFFD")`,
    to: "text",
  },
  {
    name: "WeChat Pay: a refund names a URL for which it is refused",
    ...of("refund", "limits"),
    from: "...(callable && { notify_url: webhookUrl })",
    to: "...(webhookUrl !== undefined && { notify_url: webhookUrl })",
  },
  {
    name: "WeChat Pay: an unlisted refusal of a refund makes nothing",
    ...of("refusal", "refusals"),
    from: `if (!refusal) return { kind: "unknown", why, unlisted: said.error.code };`,
    to: `if (!refusal)
    return { kind: "refused", error: said.error, fault: "merchant", ends: "nothing", listed: false };`,
  },
  {
    name: "WeChat Pay: its own failure to refund makes nothing",
    ...of("refusal", "refusals"),
    from: `return refusal.fault === "provider" ? { kind: "unknown", why } : { kind: "refused", ...refusal };`,
    to: `return { kind: "refused", ...refusal };`,
  },
  {
    name: "WeChat Pay: its own failure to create makes nothing",
    ...of("refusal", "refusals"),
    from: `if (refusal.fault === "provider") return { kind: "unknown", why: inShort(said) };`,
    to: "",
  },
  {
    name: "WeChat Pay: a refusal of a refund that nobody signed is believed",
    ...of("refusal", "refusals"),
    from: `if (said.kind === "denied" && !shut) return { kind: "unknown", why };`,
    to: "",
  },
  {
    name: "WeChat Pay: a refusal of a create that nobody signed is final",
    ...of("refusal", "native"),
    from: `if (said.kind === "denied") return { kind: "refused", ...refusal, ends: "nothing", listed: false };`,
    to: "",
  },
  {
    name: "WeChat Pay: an unsigned word about an order is believed",
    ...of("refusal", "trade"),
    from: `return said.kind === "refused" && spelled(said.error.code) === code;`,
    to: "return spelled(said.error.code) === code;",
  },
  {
    name: "WeChat Pay: a refusal of our headers ends the order",
    ...of("refusal", "refusals"),
    from: `["header", "authorization"].includes(said.location)`,
    to: `["headers"].includes(said.location)`,
  },
];
