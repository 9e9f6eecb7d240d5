import fc from "fast-check";
import type { ParsedWebhook } from "../../../lib/domain/provider.ts";
import { noticeFields, verifiedNotice } from "../../../lib/providers/alipay/signature.ts";
import { pinnedUrl, readCertificate } from "../../../lib/providers/paypal/certificate.ts";
import { paypal } from "../../../lib/providers/paypal/paypal.ts";
import { verifyPayPalSignature } from "../../../lib/providers/paypal/signature.ts";
import { verifyStripeSignature } from "../../../lib/providers/stripe/signature.ts";
import { openResource } from "../../../lib/providers/wechat/resource.ts";
import { signatureFault } from "../../../lib/providers/wechat/signature.ts";
import { encryptedResource } from "../../../lib/providers/wechat/wire.ts";
import { newSigner } from "../../../scripts/sandbox/kernel/certificate.ts";
import { theirs as alipayKeys, notice, noticeBody, openAlipay } from "../../unit/providers/alipay/keys.ts";
import { clockAt, createdAt, orderNo } from "../../unit/providers/payments.ts";
import {
  openStripe,
  session,
  signatureOf,
  stripeRefund,
  webhookSecret,
} from "../../unit/providers/stripe/account.ts";
import * as merchant from "../../unit/providers/wechat/merchant.ts";
import { assertParsed } from "./facts.ts";
import { bytesLike, hardJson, headersLike, jsonBytesLike, jsonLike, textLike } from "./hostile.ts";
import { demand, type Parser, parser } from "./parser.ts";

/** The largest payload that Lambda accepts, in bytes. */
const longest = 6_000_000;

const publicKey = alipayKeys.publicKey.export({ type: "spki", format: "pem" }).toString();
const alipay = openAlipay({ seller_id: "2088102169481075" });
const stripe = openStripe();
const wechat = merchant.openWechat();
const paypalApp = {
  client_id: "AclientId",
  secret: "EcanarySecret",
  mode: "sandbox",
  webhook_id: "8PT597110X",
};
const paypalAdapter = paypal.open(paypal.credentials.parse(paypalApp), { clock: clockAt(createdAt) });

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

const event = (type: string, object: object) => ({
  ...{ id: "evt_1", object: "event", type, created: 1_763_899_200, livemode: false },
  data: { object },
});
const paidSession = { status: "complete", payment_status: "paid", payment_intent: "pi_1" };
const events = [
  event("checkout.session.completed", session(paidSession)),
  event("checkout.session.expired", session({ status: "expired" })),
  event("refund.updated", stripeRefund()),
  event("charge.dispute.created", { payment_intent: { id: "pi_1" }, reason: "fraudulent", status: "lost" }),
];
const stripeBody = Buffer.from(JSON.stringify(events[0]));

const paypalEvents = [
  { id: "WH-1", event_type: "PAYMENT.CAPTURE.COMPLETED", resource: { invoice_id: orderNo, links: [] } },
  {
    id: "WH-2",
    event_type: "CHECKOUT.ORDER.APPROVED",
    resource: { purchase_units: [{ invoice_id: orderNo }] },
  },
  {
    id: "WH-3",
    event_type: "PAYMENT.CAPTURE.REFUNDED",
    resource: {
      links: [{ rel: "up", href: "https://api-m.paypal.com/v2/payments/captures/3C679366HH908993F" }],
    },
  },
  {
    id: "WH-4",
    event_type: "CUSTOMER.DISPUTE.CREATED",
    resource: { dispute_id: "PP-1", disputed_transactions: [{ seller_transaction_id: "3C679366HH908993F" }] },
  },
];

const refundNotice = {
  ...{
    mchid: merchant.mchId,
    out_trade_no: orderNo,
    transaction_id: "42",
    refund_id: "503",
    refund_status: "SUCCESS",
  },
  ...{ out_refund_no: "R20251123120000ABCDEFGHJKMNPQRST", amount: { refund: 230 } },
};
const encryptedNotice = (type: string, plain: string) =>
  Buffer.from(JSON.stringify({ id: "EV-1", event_type: type, resource: merchant.encrypted(plain) }));
const transaction = JSON.stringify(merchant.transaction());
const openNotice = JSON.parse(encryptedNotice("TRANSACTION.SUCCESS", transaction).toString());

const certificate = newSigner("messageverificationcerts.sandbox.paypal.com", createdAt).certificatePem;
const paypalUrl = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77";
const paypalHeaders = {
  "paypal-transmission-id": "b2384410-f8d2-11e4-8bf3-77339302725b",
  "paypal-transmission-time": "2025-11-23T12:00:00Z",
  "paypal-transmission-sig": "AAAA",
  "paypal-cert-url": "https://elsewhere.example/v1/notifications/certs/CERT-1",
  "paypal-auth-algo": "SHA256withRSA",
};

const hard = hardJson(longest).map((text) => Buffer.from(text));
const isTrue = (parsed: ParsedWebhook) => assertParsed(parsed);

/** Parsers of webhooks, which anybody can post. */
export const webhookParsers: Parser[] = [
  parser({
    name: "Alipay notice, verified",
    input: bytesLike(...forms),
    parse: (body) => verifiedNotice(body, publicKey),
    holds: (fields) => demand(signedTexts.has(inOrder(fields)), "an unsigned notice is accepted"),
    hardest: [
      "a=1&".repeat(longest / 4),
      "%".repeat(longest),
      "+".repeat(longest),
      `sign=${"A".repeat(longest)}`,
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
    holds: isTrue,
    hardest: hard,
  }),
  parser({
    name: "Stripe signature",
    input: fc.tuple(
      textLike(signatureOf(stripeBody), "t=1763899200,v1=00,v0=11"),
      bytesLike(stripeBody.toString()),
    ),
    parse: ([header, body]) => verifyStripeSignature(body, header, [webhookSecret], createdAt),
    holds: (_, [, body]) => demand(body.equals(stripeBody), "an unsigned event is accepted"),
    hardest: ["t=1,".repeat(20_000), "v1=".repeat(20_000), ",".repeat(60_000)].map(
      (header): [string, Buffer] => [header, stripeBody],
    ),
  }),
  parser({
    name: "Stripe event",
    input: jsonBytesLike(...events),
    parse: (body) => stripe.read(body, "acct_1"),
    holds: isTrue,
    hardest: hard,
  }),
  parser({
    name: "WeChat Pay signature",
    input: fc.tuple(headersLike(merchant.signedHeaders("{}")), bytesLike("{}")),
    parse: ([headers, body]) =>
      signatureFault({ headers, body }, async () => ({ key: merchant.theirs.publicKey }), createdAt),
    holds: (fault, [, body]) =>
      demand(fault !== null || body.toString() === "{}", "an unsigned notice is accepted"),
  }),
  parser({
    name: "WeChat Pay notice",
    input: jsonBytesLike(openNotice),
    parse: (body) => wechat.read(body, merchant.mchId),
    holds: isTrue,
    hardest: hard,
  }),
  parser({
    name: "WeChat Pay transaction in a notice",
    input: fc.oneof(
      jsonBytesLike(merchant.transaction()).map((plain) =>
        encryptedNotice("TRANSACTION.SUCCESS", plain.toString()),
      ),
      jsonBytesLike(refundNotice).map((plain) => encryptedNotice("REFUND.SUCCESS", plain.toString())),
    ),
    parse: (body) => wechat.read(body, merchant.mchId),
    holds: isTrue,
  }),
  parser({
    name: "WeChat Pay resource",
    input: jsonLike(openNotice.resource),
    parse(value) {
      const { data } = encryptedResource.safeParse(value);
      return data && openResource(data, merchant.apiV3Key);
    },
    holds: (plain) =>
      demand(
        plain === undefined || plain === transaction,
        "a text that was not encrypted by WeChat Pay is accepted",
      ),
  }),
  parser({
    name: "PayPal signature",
    input: headersLike(paypalHeaders),
    parse: (headers) =>
      verifyPayPalSignature({ body: Buffer.from("{}"), headers }, ["8PT597110X"], createdAt),
    holds: () => demand(false, "an unsigned event is accepted"),
    hardest: Object.keys(paypalHeaders).map((name) => ({ ...paypalHeaders, [name]: "1".repeat(60_000) })),
  }),
  parser({
    name: "PayPal certificate URL",
    input: fc.tuple(
      textLike(
        paypalUrl,
        "https://paypal.com@127.0.0.1/v1/notifications/certs/C",
        `${paypalUrl}/../../x?y#z`,
      ),
      fc.constantFrom(undefined, "http://127.0.0.1:9"),
    ),
    parse: ([url, baseUrl]) => pinnedUrl(url, baseUrl),
    holds: (href, [, baseUrl]) => {
      const origin = baseUrl ?? "https://(api|api-m)(\\.sandbox)?\\.paypal\\.com";
      demand(
        new RegExp(`^${origin}/v1/notifications/certs/[\\w-]+$`).test(href),
        "a URL that is not PayPal's",
      );
    },
    hardest: [[`https://${"a.".repeat(30_000)}`, undefined]],
  }),
  parser({
    name: "PayPal certificate",
    input: textLike(certificate, certificate + certificate),
    parse: readCertificate,
    hardest: [
      "-----BEGIN CERTIFICATE-----".repeat(2_400),
      `-----BEGIN CERTIFICATE-----${"A".repeat(65_000)}`,
    ],
  }),
  parser({
    name: "PayPal event",
    input: jsonBytesLike(...paypalEvents),
    parse: (body) => paypalAdapter.read(body, "account"),
    holds: isTrue,
    hardest: hard,
  }),
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
