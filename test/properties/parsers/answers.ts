import fc from "fast-check";
import { outcomeOf as alipayOutcome } from "../../../lib/providers/alipay/outcome.ts";
import { topLevelMembers, verifiedMember } from "../../../lib/providers/alipay/signature.ts";
import { queryEvents } from "../../../lib/providers/alipay/trade.ts";
import * as alipayWire from "../../../lib/providers/alipay/wire.ts";
import { fromPayPalAmount } from "../../../lib/providers/paypal/amounts.ts";
import { orderEvents } from "../../../lib/providers/paypal/order.ts";
import * as paypalWire from "../../../lib/providers/paypal/wire.ts";
import { fromStripeAmount } from "../../../lib/providers/stripe/amounts.ts";
import { refundSeen, refundOutcome as stripeOutcome } from "../../../lib/providers/stripe/refund.ts";
import { sessionEvents } from "../../../lib/providers/stripe/session.ts";
import * as stripeWire from "../../../lib/providers/stripe/wire.ts";
import { readRefusal } from "../../../lib/providers/wechat/client.ts";
import { refundOutcome as wechatOutcome } from "../../../lib/providers/wechat/refund.ts";
import { tradeEvents } from "../../../lib/providers/wechat/trade.ts";
import * as wechatWire from "../../../lib/providers/wechat/wire.ts";
import { theirs as alipayKeys, gatewayAnswer } from "../../unit/providers/alipay/keys.ts";
import { createdAt, orderNo, refund } from "../../unit/providers/payments.ts";
import { page, paidSession, session, stripeRefund } from "../../unit/providers/stripe/account.ts";
import * as merchant from "../../unit/providers/wechat/merchant.ts";
import { assertFact, assertFacts, assertOutcome } from "./facts.ts";
import { anyJson, hardJson, jsonBytesLike, jsonLike, textLike } from "./hostile.ts";
import { demand, type Parser, parser } from "./parser.ts";

/** Bytes of a response that the gateway reads at most. */
const longest = 1_048_576;

const publicKey = alipayKeys.publicKey.export({ type: "spki", format: "pem" }).toString();
const trade = {
  ...{ code: "10000", msg: "Success", out_trade_no: orderNo, trade_no: "2025112322001" },
  ...{ trade_status: "TRADE_SUCCESS", total_amount: "12.30", send_pay_date: "2025-11-23 20:00:59" },
};
const method = "alipay.trade.query";
const member = "alipay_trade_query_response";
const signedAnswer = String(gatewayAnswer(trade, method).body);
const alipayRefunds = [
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

const capture = {
  id: "3C679366HH908993F",
  status: "COMPLETED",
  amount: { currency_code: "USD", value: "12.30" },
};
const paypalRefund = {
  ...{ id: "1JU08902781691411", status: "COMPLETED", custom_id: "R20251123120000ABCDEFGHJKMNPQRST" },
  amount: { currency_code: "USD", value: "2.30" },
  links: [{ rel: "up", href: "https://api-m.paypal.com/v2/payments/captures/3C679366HH908993F" }],
};
const paypalOrder = (status: string, payments?: object) => ({
  id: "5O190127TN364715T",
  status,
  purchase_units: [
    { invoice_id: orderNo, payee: { merchant_id: "MERCHANT00001" }, ...(payments && { payments }) },
  ],
  links: [{ rel: "payer-action", href: "https://www.paypal.com/checkoutnow?token=x" }],
});
const paypalPayment = {
  orderNo,
  payable: { paymentId: "5O190127TN364715T", paymentUrl: "", qrCode: "", extraData: {} },
  state: "payable" as const,
};

const wechatRefund = {
  ...{ refund_id: "50300000012025", out_refund_no: refund().providerRefundNo, out_trade_no: orderNo },
  ...{ status: "SUCCESS", amount: { refund: 230, currency: "CNY" } },
};

const own = { mch_id: merchant.mchId, app_id: merchant.appId };
const source = { orderNo, account: "acct_1", saidAt: createdAt };

/** Parsers of responses from a provider, or from an attacker in its place. */
export const answerParsers: Parser[] = [
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
    hardest: hardJson(longest),
  }),
  parser({
    name: "signature of an Alipay response",
    input: textLike(signedAnswer),
    parse: (text) => verifiedMember(Buffer.from(text), member, publicKey),
    holds: (content) =>
      demand(content === undefined || content === JSON.stringify(trade), "a response that was not signed"),
    hardest: hardJson(longest),
  }),
  parser({
    name: "Alipay trade",
    input: jsonLike(trade, { ...trade, trade_status: "TRADE_CLOSED" }),
    parse: (content) => queryEvents(content, orderNo, "2021000122671080", createdAt),
    holds: assertFacts,
  }),
  parser({
    name: "Alipay outcome",
    input: jsonLike(trade, ...alipayRefunds),
    parse: (content) => ({
      outcome: alipayOutcome({ kind: "verified", content }),
      refund: alipayWire.refundQuery.safeParse(content).success,
      made: alipayWire.precreated.safeParse(content).success,
      unsigned: alipayWire.unverifiedCode.safeParse(content).data,
    }),
    holds: ({ outcome, unsigned = "" }) => {
      if (outcome.kind === "refused")
        demand(outcome.error.message.length <= 200, "an error text without a length limit");
      demand(/^[\w.-]{0,64}$/.test(unsigned), "an invalid error code");
      demand(/^(?:\d{5})?$|\./.test(unsigned), "a code that could be part of a key");
    },
  }),
  parser({
    name: "WeChat Pay transaction",
    input: jsonBytesLike(merchant.transaction(), merchant.transaction({ trade_state: "REFUND" })),
    parse: (body) => tradeEvents(wechatWire.readJson(body), own, createdAt),
    holds: assertFacts,
    hardest: hardJson(longest).map((text) => Buffer.from(text)),
  }),
  parser({
    name: "WeChat Pay refund",
    input: jsonLike(wechatRefund, { ...wechatRefund, status: "ABNORMAL" }),
    parse: (content) => wechatOutcome({ kind: "done", content }, refund()),
    holds: assertOutcome,
  }),
  parser({
    name: "WeChat Pay refusal and certificates",
    input: jsonLike(
      { code: "PARAM_ERROR", message: "words", detail: { location: "body" } },
      {
        data: [
          { serial_no: "5157F09EFDC096DE15EBE81A47057A72", encrypt_certificate: merchant.encrypted("x") },
        ],
      },
    ),
    parse: (content) => ({
      ...readRefusal({ status: 400, body: Buffer.from(JSON.stringify(content) ?? "") }, ["secret-12345678"]),
      list: wechatWire.platformCertificates.safeParse(content).data,
    }),
    holds: ({ error }) =>
      demand(error.message.length <= 300 && error.code.length <= 64, "an error text without a length limit"),
  }),
  parser({
    name: "Stripe session",
    input: jsonLike(session(), paidSession(), paidSession({ amount_refunded: 230 })),
    parse(body) {
      const { data } = stripeWire.checkoutSession.safeParse(body);
      return data ? sessionEvents(data, source) : [];
    },
    holds: assertFacts,
  }),
  parser({
    name: "Stripe refund",
    input: jsonLike(stripeRefund(), page([stripeRefund(), stripeRefund({ id: "re_2", status: "failed" })])),
    parse(body) {
      const list = stripeWire.refundList.safeParse(body).data?.data ?? [];
      const one = stripeWire.refund.safeParse(body).data;
      return [...list, ...(one ? [one] : [])];
    },
    holds(refunds) {
      for (const notified of refunds) {
        assertFact(refundSeen(notified, "pi_1", orderNo));
        assertOutcome(stripeOutcome(notified));
      }
    },
  }),
  parser({
    name: "Stripe amount",
    input: fc.tuple(
      fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double()),
      textLike("usd", "jpy", "bhd", "isk", "xxx"),
    ),
    parse: ([units, currency]) => fromStripeAmount(units, currency),
    holds: (money) => money && assertFact({ kind: "refundedTotal", orderNo: "", tradeNo: "t", total: money }),
  }),
  parser({
    name: "PayPal order",
    input: jsonLike(
      paypalOrder("APPROVED"),
      paypalOrder("COMPLETED", { captures: [capture], refunds: [paypalRefund] }),
      paypalOrder("COMPLETED", { captures: [{ ...capture, create_time: "2025-11-23T12:01:40Z" }] }),
    ),
    parse(body) {
      const { data } = paypalWire.order.safeParse(body);
      return data ? orderEvents(data, paypalPayment, createdAt) : [];
    },
    holds: assertFacts,
  }),
  parser({
    name: "PayPal amount",
    input: fc.tuple(textLike("12.30", "100.00", "0.000", "1.0"), textLike("USD", "JPY", "HUF")),
    parse: ([value, currency_code]) => fromPayPalAmount({ value, currency_code }),
    holds: (money) => money && assertFact({ kind: "refundedTotal", orderNo: "", tradeNo: "t", total: money }),
    hardest: [[`1.${"0".repeat(100_000)}x`, "USD"]],
  }),
  parser({
    name: "PayPal refusal, token and account",
    input: jsonLike(
      {
        name: "UNPROCESSABLE_ENTITY",
        message: "m",
        details: [{ issue: "ORDER_NOT_APPROVED", description: "d" }],
      },
      { error: "invalid_client", error_description: "d" },
      { access_token: "A21AA", token_type: "Bearer", expires_in: 32_400 },
      { payer_id: "MERCHANT00001" },
      { webhooks: [{ id: "8PT", url: "https://pay.example/x", event_types: [{ name: "*" }] }] },
    ),
    parse: (content) => ({
      refusal: paypalWire.refusal.safeParse(content).data,
      token: paypalWire.token.safeParse(content).data,
      account: paypalWire.userInfo.safeParse(content).data,
      webhooks: paypalWire.webhooks.safeParse(content).data,
    }),
    holds: ({ token }) =>
      demand(
        token === undefined || /^[!-~]+$/.test(token.access_token),
        "a token that is not a valid header value",
      ),
  }),
];
