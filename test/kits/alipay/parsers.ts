import fc from "fast-check";
import { alipayCredentials } from "../../../lib/providers/alipay/credentials.ts";
import { outcomeOf } from "../../../lib/providers/alipay/outcome.ts";
import {
  noticeFields,
  topLevelMembers,
  verifiedMember,
  verifiedNotice,
} from "../../../lib/providers/alipay/signature.ts";
import { queryEvents } from "../../../lib/providers/alipay/trade.ts";
import * as wire from "../../../lib/providers/alipay/wire.ts";
import { credentialParsers, pastedKeyParser } from "../../properties/parsers/credentials.ts";
import { assertFacts, assertParsed } from "../../properties/parsers/facts.ts";
import {
  anyJson,
  bytesLike,
  hardJson,
  jsonLike,
  longestAnswer,
  longestWebhook,
  textLike,
} from "../../properties/parsers/hostile.ts";
import { demand, type Parser, parser } from "../../properties/parsers/parser.ts";
import {
  gatewayAnswer,
  notice,
  noticeBody,
  openAlipay,
  rawCredentials,
  theirs,
} from "../../unit/providers/alipay/keys.ts";
import { createdAt, orderNo } from "../../unit/providers/payments.ts";

const publicKey = theirs.publicKey.export({ type: "spki", format: "pem" }).toString();
const alipay = openAlipay({ seller_id: "2088102169481075" });
const hard = hardJson(longestWebhook).map((text) => Buffer.from(text));

const trade = {
  ...{ code: "10000", msg: "Success", out_trade_no: orderNo, trade_no: "2025112322001" },
  ...{ trade_status: "TRADE_SUCCESS", total_amount: "12.30", send_pay_date: "2025-11-23 20:00:59" },
};
const method = "alipay.trade.query";
const member = "alipay_trade_query_response";
const signedAnswer = String(gatewayAnswer(trade, method).body);
const refunds = [
  {
    code: "10000",
    out_trade_no: orderNo,
    out_request_no: "R1",
    refund_status: "REFUND_SUCCESS",
    refund_amount: "2.30",
  },
  { code: "40004", msg: "Business Failed", sub_code: "ACQ.TRADE_NOT_EXIST", sub_msg: "x" },
  { code: "10000", out_trade_no: orderNo, fund_change: "Y" },
];

const notices = [
  notice(),
  notice({
    trade_status: "TRADE_CLOSED",
    refund_fee: "2.30",
    gmt_refund: "2025-11-23 21:00:00",
    out_biz_no: "R1",
  }),
];
const forms = notices.map((fields) => noticeBody(fields).toString());
const signedTexts = new Set(notices.map(inOrder));

export const parsers: readonly Parser[] = [
  parser({
    name: "members of an Alipay response",
    input: fc.oneof(
      textLike(signedAnswer),
      anyJson.map((value) => JSON.stringify(value) ?? ""),
    ),
    parse: (text) => topLevelMembers(Buffer.from(text), "utf-8"),
    holds(members, text) {
      // JSON.stringify overflows the stack on deeper nesting, so long texts are not compared.
      if (!members || text.length > 10_000) return;
      const parsed = JSON.parse(text.toWellFormed()) as Record<string, unknown>;
      for (const [name, content] of members) {
        const plain = JSON.parse(`"${name}"`) as string;
        demand(
          JSON.stringify(JSON.parse(content.toString())) === JSON.stringify(parsed[plain]),
          "differs from JSON.parse",
        );
      }
    },
    hardest: hardJson(longestAnswer),
  }),
  parser({
    name: "signature of an Alipay response",
    input: textLike(signedAnswer),
    parse: (text) => verifiedMember(Buffer.from(text), member, publicKey),
    holds: (content) =>
      demand(content === undefined || content === JSON.stringify(trade), "a response that was not signed"),
    hardest: hardJson(longestAnswer),
  }),
  parser({
    name: "Alipay trade",
    input: jsonLike(trade, { ...trade, trade_status: "TRADE_CLOSED" }),
    parse: (content) => queryEvents(content, orderNo, "2021000122671080", createdAt),
    holds: assertFacts,
  }),
  parser({
    name: "Alipay outcome",
    input: jsonLike(trade, ...refunds),
    parse: (content) => ({
      outcome: outcomeOf({ kind: "verified", content }),
      refund: wire.refundQuery.safeParse(content).success,
      made: wire.precreated.safeParse(content).success,
      unsigned: wire.unverifiedCode.safeParse(content).data,
    }),
    holds: ({ outcome, unsigned = "" }) => {
      if (outcome.kind === "refused")
        demand(outcome.error.message.length <= 200, "an error text without a length limit");
      demand(/^[\w.-]{0,64}$/.test(unsigned), "an invalid error code");
      demand(/^(?:\d{5})?$|\./.test(unsigned), "a code that could be part of a key");
    },
  }),
  parser({
    name: "Alipay notice, verified",
    input: bytesLike(...forms),
    parse: (body) => verifiedNotice(body, publicKey),
    holds: (fields) => demand(signedTexts.has(inOrder(fields)), "an unsigned notice is accepted"),
    hardest: [
      "a=1&".repeat(longestWebhook / 4),
      "%".repeat(longestWebhook),
      "+".repeat(longestWebhook),
      `sign=${"A".repeat(longestWebhook)}`,
    ].map((text) => Buffer.from(text)),
  }),
  parser({
    name: "Alipay notice, read",
    input: fc.oneof(
      bytesLike(...forms),
      jsonLike(...notices).map((fields) => Buffer.from(formOf(fields))),
    ),
    parse: (body) => {
      noticeFields(body);
      return alipay.read(body, "account");
    },
    holds: (parsed) => assertParsed(parsed),
    hardest: hard,
  }),
  ...credentialParsers("alipay", alipayCredentials, { ...rawCredentials, seller_id: "2088102169481075" }),
  pastedKeyParser("alipay", alipayCredentials, rawCredentials),
];

function inOrder(fields: Record<string, string>): string {
  return JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A form with the members that are texts or numbers. */
function formOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const texts = Object.entries(value as Record<string, unknown>).filter(([, member]) =>
    /^(string|number)$/.test(typeof member),
  );
  return new URLSearchParams(
    texts.map(([name, member]): [string, string] => [name, String(member)]),
  ).toString();
}
