import { always, drop, dropOperand, head, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("wechat");

/** What WeChat Pay's adapter checks before it says anything: who says it, of which account, order and amount. */
export const wechatMutations: Mutation[] = [
  {
    name: "WeChat Pay: a message with any signature is believed",
    at: "wechat-signature",
    change: replace("null"),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: signatures of another kind are taken",
    at: "wechat-signature-type",
    change: replace("/^WECHATPAY2-/"),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: an old message is believed",
    at: "wechat-message-age",
    change: head(replace("-$1")),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: a message from the future is believed",
    at: "wechat-message-age",
    change: head(replace("$1")),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: a probe causes a download",
    at: "wechat-probe",
    change: drop,
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: a certificate is used before and after its time",
    at: "wechat-certificate-time",
    change: replace("true"),
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: a list of certificates that nobody signed is believed",
    at: "wechat-certificates-signed",
    change: within("test", always),
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: invented serial numbers each cause a download",
    at: "wechat-certificate-download-gap",
    change: replace("new Date(0)"),
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: what was encrypted may be changed on the way",
    at: "wechat-authentication-tag",
    change: replace("$1.1"),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: a payment to another merchant is ours",
    at: "wechat-payment-merchant",
    change: drop,
    ...of("notice"),
  },
  {
    name: "WeChat Pay: a payment of another application is ours",
    at: "wechat-payment-app",
    change: replace("$2"),
    ...of("notice"),
  },
  {
    name: "WeChat Pay: the close of another account's order is believed",
    at: "wechat-close-account",
    change: never,
    ...of("trade"),
  },
  {
    name: "WeChat Pay: a notice whose name and content differ is believed",
    at: "wechat-notice-type",
    change: within("left", dropOperand),
    ...of("notice"),
  },
  {
    name: "WeChat Pay: an answer about another order is believed",
    at: "wechat-answer-order",
    change: never,
    ...of("trade"),
  },
  {
    name: "WeChat Pay: an answer about another refund is believed",
    at: "wechat-refund-number",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "WeChat Pay: another refunded amount is believed",
    at: "wechat-refund-amount",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "WeChat Pay: a refund of another merchant is ours",
    at: "wechat-refund-merchant",
    change: never,
    ...of("notice"),
  },
];
