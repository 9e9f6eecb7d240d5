import { drop, dropOperand, head, never, operator, replace } from "../changes.ts";
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
    change: operator(">"),
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
    change: dropOperand,
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
];
