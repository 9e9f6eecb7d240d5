import { always, drop, dropLink, dropOperand, head, never, operator, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("wechat");

/** WeChat Pay's adapter: signature, account, order and amount of every message are checked before it is used. */
export const wechatMutations: Mutation[] = [
  {
    name: "WeChat Pay: a message with an invalid signature is accepted",
    at: "wechat-signature",
    change: replace("null"),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: signatures of another type are accepted",
    at: "wechat-signature-type",
    change: replace("/^WECHATPAY2-/"),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: an old message is accepted",
    at: "wechat-message-age",
    change: head(replace("-$1")),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: a message from the future is accepted",
    at: "wechat-message-age",
    change: head(replace("$1")),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: a signature probe causes a certificate download",
    at: "wechat-probe",
    change: drop,
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: a certificate is used outside its validity period",
    at: "wechat-certificate-time",
    change: replace("true"),
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: an unsigned list of certificates is accepted",
    at: "wechat-certificates-signed",
    change: within("test", always),
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: every invented serial number causes a certificate download",
    at: "wechat-certificate-download-gap",
    change: replace("new Date(0)"),
    ...of("certificates"),
  },
  {
    name: "WeChat Pay: a modified ciphertext is accepted",
    at: "wechat-authentication-tag",
    change: replace("$1.1"),
    ...of("signature"),
  },
  {
    name: "WeChat Pay: a payment to another merchant counts as ours",
    at: "wechat-payment-merchant",
    change: drop,
    ...of("notice"),
  },
  {
    name: "WeChat Pay: a payment of another application counts as ours",
    at: "wechat-payment-app",
    change: replace("$2"),
    ...of("notice"),
  },
  {
    name: "WeChat Pay: the close of another account's order is accepted",
    at: "wechat-close-account",
    change: never,
    ...of("trade"),
  },
  {
    name: "WeChat Pay: a notice whose event type contradicts its content is accepted",
    at: "wechat-notice-type",
    change: within("left", dropOperand),
    ...of("notice"),
  },
  {
    name: "WeChat Pay: a response about another order is applied to the payment",
    at: "wechat-answer-order",
    change: never,
    ...of("trade"),
  },
  {
    name: "WeChat Pay: a response about another refund is applied to the refund",
    at: "wechat-refund-number",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "WeChat Pay: a refund response with another amount is accepted",
    at: "wechat-refund-amount",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "WeChat Pay: a refund of another merchant counts as ours",
    at: "wechat-refund-merchant",
    change: never,
    ...of("notice"),
  },
  {
    name: "WeChat Pay: an order of a former AppID counts as another account's",
    at: "wechat-former-app",
    change: drop,
    tests: ["test/unit/providers/wechat/accounts.test.ts"],
  },
  {
    name: "WeChat Pay: a payment of zero counts as a payment",
    at: "wechat-payment-zero",
    change: replace("$1 == null"),
    tests: ["test/unit/providers/wechat/bytes.test.ts"],
  },
  {
    name: "WeChat Pay: a refund of zero counts as a refund",
    at: "wechat-refund-zero",
    change: operator("<"),
    tests: ["test/unit/providers/wechat/bytes.test.ts"],
  },
  {
    name: "WeChat Pay: text lengths are counted in characters",
    at: "wechat-limit-unit",
    change: replace('"characters"'),
    tests: ["test/unit/providers/wechat/limits.test.ts"],
  },
  {
    name: "WeChat Pay: four-byte characters are sent",
    at: "wechat-four-bytes",
    change: dropLink,
    tests: ["test/unit/providers/wechat/limits.test.ts"],
  },
  {
    name: "WeChat Pay: a refund carries a notify_url that WeChat Pay refuses",
    at: "wechat-refund-notify-url",
    change: within("left", dropOperand),
    tests: ["test/unit/providers/wechat/limits.test.ts"],
  },
  {
    name: "WeChat Pay: an unlisted refusal code of a refund raises no anomaly",
    at: "wechat-refund-unlisted",
    change: replace("{ ...$0, unlisted: undefined }"),
    tests: ["test/unit/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: a refund that fails through WeChat Pay's own fault counts as refused",
    at: "wechat-refund-own-failure",
    change: replace("$3"),
    tests: ["test/unit/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: a create that fails through WeChat Pay's own fault counts as refused",
    at: "wechat-create-own-failure",
    change: drop,
    tests: ["test/unit/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: an unsigned refusal of a refund is accepted",
    at: "wechat-refund-unsigned",
    change: drop,
    tests: ["test/unit/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: an unsigned refusal of a create is final",
    at: "wechat-create-unsigned",
    change: drop,
    tests: ["test/unit/providers/wechat/native.test.ts"],
  },
  {
    name: "WeChat Pay: an unsigned response about an order is accepted",
    at: "wechat-unsigned-word",
    change: dropOperand,
    tests: ["test/unit/providers/wechat/trade.test.ts"],
  },
  {
    name: "WeChat Pay: a refusal of our request headers ends the order",
    at: "wechat-refusal-headers",
    change: never,
    tests: ["test/unit/providers/wechat/refusals.test.ts"],
  },
  {
    name: "WeChat Pay: a timestamp outside the database's range is accepted",
    at: "wechat-storable-time",
    change: dropLink,
    tests: ["test/hostile/malformed-events-wechat.test.ts"],
  },
  {
    name: "WeChat Pay: an error message is shown unredacted, even if it echoes our key",
    at: "wechat-message-echoes",
    change: head(replace("$1")),
    tests: ["test/hostile/canary-echoes.test.ts"],
  },
  {
    name: "WeChat Pay: a refused webhook is answered in the gateway's format instead of WeChat Pay's",
    at: "wechat-refusal-words",
    change: drop,
    tests: ["test/hostile/every-route.test.ts"],
  },
];
