import { always, drop, dropOperand, head, never, operator, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("alipay");

/** What Alipay's adapter checks before it says anything: who says it, of which account, order and amount. */
export const alipayMutations: Mutation[] = [
  {
    name: "Alipay: a notice with any signature is believed",
    at: "alipay-notice-signature",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: signatures of another kind than RSA2 are taken",
    at: "alipay-notice-sign-type",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: a field may appear twice in a notice",
    at: "alipay-notice-field-twice",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: an answer with any signature is believed",
    at: "alipay-answer-signature",
    change: replace("$2"),
    ...of("signature"),
  },
  {
    name: "Alipay: an answer may hold a member twice",
    at: "alipay-answer-member-twice",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: the application's own public key is taken for Alipay's",
    at: "alipay-own-public-key",
    change: head(replace("$1")),
    ...of("credentials"),
  },
  {
    name: "Alipay: an answer about another order is believed",
    at: "alipay-answer-order",
    change: never,
    ...of("trade"),
  },
  {
    name: "Alipay: a notice of another application is ours",
    at: "alipay-notice-app",
    change: drop,
    ...of("trade"),
  },
  {
    name: "Alipay: a notice of another seller is ours",
    at: "alipay-notice-seller",
    change: replace("true"),
    ...of("trade"),
  },
  {
    name: "Alipay: an answer about another refund is believed",
    at: "alipay-refund-number",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Alipay: another refunded amount is believed",
    at: "alipay-refund-amount",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Alipay: a field's name may hold another field",
    at: "alipay-notice-field-name",
    change: never,
    ...of("charset"),
  },
  {
    name: "Alipay: a refund_fee of zero is a refund",
    at: "alipay-zero-refund",
    change: operator(">="),
    ...of("trade"),
  },
  {
    name: "Alipay: a refund after which nobody knows is refused",
    at: "alipay-refund-unknown",
    change: never,
    ...of("refusals"),
  },
  {
    name: "Alipay: a code that may exist already is refused",
    at: "alipay-create-unknown",
    change: never,
    ...of("refusals"),
  },
  {
    name: "Alipay: what the gateway could not do is judged by its sub_code",
    at: "alipay-gateway-failure",
    change: never,
    ...of("refusals"),
  },
  {
    name: "Alipay: an answer in GBK is read as the UTF-8 that it declares",
    at: "alipay-gbk-undeclared",
    change: dropOperand,
    ...of("charset"),
  },
  {
    name: "Alipay: the second byte of a character counts as a sign of JSON",
    at: "alipay-ascii-view",
    change: always,
    ...of("charset"),
  },
  {
    name: "Alipay: a subject is counted in UTF-16 units",
    at: "alipay-subject-unit",
    change: replace('"utf16"'),
    tests: ["test/sandbox/alipay-limits.test.ts"],
  },
  {
    name: "Alipay: the highest amount has a character too many",
    at: "alipay-amount-length",
    change: replace("$3"),
    ...of("page-pay"),
  },
  {
    name: "Alipay: an address of ours may have any length",
    at: "alipay-address-length",
    change: always,
    ...of("page-pay"),
  },
  {
    name: "Alipay: the public half of a pasted private key is Alipay's",
    at: "alipay-private-as-public",
    change: never,
    ...of("credentials"),
  },
];
