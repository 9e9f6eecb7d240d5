import { always, drop, dropLink, dropOperand, head, never, operator, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("alipay");

/** Alipay's adapter: signature, account, order and amount of every message are checked before it is used. */
export const alipayMutations: Mutation[] = [
  {
    name: "Alipay: a notice with an invalid signature is accepted",
    at: "alipay-notice-signature",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: a notice whose sign_type is not RSA2 is accepted",
    at: "alipay-notice-sign-type",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: a notice with a repeated field is accepted",
    at: "alipay-notice-field-twice",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: a response with an invalid signature is accepted",
    at: "alipay-answer-signature",
    change: replace("$2"),
    ...of("signature"),
  },
  {
    name: "Alipay: a response with a repeated JSON member is accepted",
    at: "alipay-answer-member-twice",
    change: never,
    ...of("signature"),
  },
  {
    name: "Alipay: the application's own public key is accepted as Alipay's public key",
    at: "alipay-own-public-key",
    change: head(replace("$1")),
    ...of("credentials"),
  },
  {
    name: "Alipay: a response about another order is applied to the payment",
    at: "alipay-answer-order",
    change: never,
    ...of("trade"),
  },
  {
    name: "Alipay: a notice for another application counts as ours",
    at: "alipay-notice-app",
    change: drop,
    ...of("trade"),
  },
  {
    name: "Alipay: a notice for another seller counts as ours",
    at: "alipay-notice-seller",
    change: replace("true"),
    ...of("trade"),
  },
  {
    name: "Alipay: a response about another refund is applied to the refund",
    at: "alipay-refund-number",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Alipay: a refund response with another amount is accepted",
    at: "alipay-refund-amount",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Alipay: a notice field whose name hides a second field is accepted",
    at: "alipay-notice-field-name",
    change: never,
    ...of("charset"),
  },
  {
    name: "Alipay: a refund_fee of zero counts as a refund",
    at: "alipay-zero-refund",
    change: operator(">="),
    ...of("trade"),
  },
  {
    name: "Alipay: a refund error that leaves the outcome unknown counts as a refusal",
    at: "alipay-refund-unknown",
    change: never,
    ...of("refusals"),
  },
  {
    name: "Alipay: a create error after which the payment may exist counts as a refusal",
    at: "alipay-create-unknown",
    change: never,
    ...of("refusals"),
  },
  {
    name: "Alipay: a failure of Alipay's own gateway (code 20000) is classified by its sub_code",
    at: "alipay-gateway-failure",
    change: never,
    ...of("refusals"),
  },
  {
    name: "Alipay: a GBK response that declares UTF-8 is decoded as UTF-8",
    at: "alipay-gbk-undeclared",
    change: dropOperand,
    ...of("charset"),
  },
  {
    name: "Alipay: the second byte of a GBK character is taken for JSON syntax",
    at: "alipay-ascii-view",
    change: always,
    ...of("charset"),
  },
  {
    name: "Alipay: the length of a subject is counted in UTF-16 units",
    at: "alipay-subject-unit",
    change: replace('"utf16"'),
    tests: ["test/sandbox/alipay-limits.test.ts"],
  },
  {
    name: "Alipay: the largest amount is written with more characters than Alipay accepts",
    at: "alipay-amount-length",
    change: replace("$3"),
    ...of("page-pay"),
  },
  {
    name: "Alipay: a URL of the gateway may be longer than Alipay accepts",
    at: "alipay-address-length",
    change: always,
    ...of("page-pay"),
  },
  {
    name: "Alipay: a private key pasted as Alipay's public key is accepted",
    at: "alipay-private-as-public",
    change: never,
    ...of("credentials"),
  },
  {
    name: "Alipay: a notice whose signed text could be split into other fields is accepted",
    at: "alipay-joined-fields",
    change: never,
    tests: ["test/hostile/malformed-events-alipay.test.ts"],
  },
  {
    name: "Alipay: a timestamp outside the database's range is accepted",
    at: "alipay-storable-time",
    change: dropLink,
    tests: ["test/hostile/malformed-events-alipay.test.ts"],
  },
  {
    name: "Alipay: any text in the place of a sub_code is shown, even a line of our key",
    at: "alipay-sub-code-form",
    change: dropLink,
    ...of("trade"),
  },
  {
    name: "Alipay: any text in the place of an unsigned response's code is shown",
    at: "alipay-code-form",
    change: dropLink,
    ...of("trade"),
  },
  {
    name: "Alipay: an unreadable form reveals to an unauthenticated sender that the config exists",
    at: "alipay-refusal-kind",
    change: replace('"notification_malformed"'),
    tests: ["test/hostile/indistinguishable.test.ts"],
  },
];
