import { always, drop, dropLink, dropOperand, head, never, operator, replace, within } from "../changes.ts";
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
  {
    name: "WeChat Pay: an order of a former AppID is another account's",
    at: "wechat-former-app",
    change: drop,
    tests: ["test/providers/wechat/accounts.test.ts"],
  },
  {
    name: "WeChat Pay: a payment of no amount is one",
    at: "wechat-payment-zero",
    change: replace("$1 == null"),
    tests: ["test/providers/wechat/bytes.test.ts"],
  },
  {
    name: "WeChat Pay: a refund of zero is one",
    at: "wechat-refund-zero",
    change: operator("<"),
    tests: ["test/providers/wechat/bytes.test.ts"],
  },
  {
    name: "WeChat Pay: limits count characters",
    at: "wechat-limit-unit",
    change: replace('"characters"'),
    tests: ["test/providers/wechat/limits.test.ts"],
  },
  {
    name: "WeChat Pay: characters of four bytes are sent",
    at: "wechat-four-bytes",
    change: dropLink,
    tests: ["test/providers/wechat/limits.test.ts"],
  },
  {
    name: "WeChat Pay: a refund names a URL for which it is refused",
    at: "wechat-refund-notify-url",
    change: within("left", dropOperand),
    tests: ["test/providers/wechat/limits.test.ts"],
  },
  {
    name: "WeChat Pay: an unlisted refusal of a refund makes nothing",
    at: "wechat-refund-unlisted",
    change: replace("{ ...$0, unlisted: undefined }"),
    tests: ["test/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: its own failure to refund makes nothing",
    at: "wechat-refund-own-failure",
    change: replace("$3"),
    tests: ["test/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: its own failure to create makes nothing",
    at: "wechat-create-own-failure",
    change: drop,
    tests: ["test/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: a refusal of a refund that nobody signed is believed",
    at: "wechat-refund-unsigned",
    change: drop,
    tests: ["test/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: a refusal of a create that nobody signed is final",
    at: "wechat-create-unsigned",
    change: drop,
    tests: ["test/providers/wechat/native.test.ts"],
  },
  {
    name: "WeChat Pay: an unsigned word about an order is believed",
    at: "wechat-unsigned-word",
    change: dropOperand,
    tests: ["test/providers/wechat/trade.test.ts"],
  },
  {
    name: "WeChat Pay: a refusal of our headers ends the order",
    at: "wechat-refusal-headers",
    change: never,
    tests: ["test/providers/wechat/refusals.test.ts"],
  },
];
