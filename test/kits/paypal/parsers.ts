import fc from "fast-check";
import { fromPayPalAmount } from "../../../lib/providers/paypal/amounts.ts";
import { pinnedUrl, readCertificate } from "../../../lib/providers/paypal/certificate.ts";
import { paypalCredentials } from "../../../lib/providers/paypal/credentials.ts";
import { orderEvents } from "../../../lib/providers/paypal/order.ts";
import { paypal } from "../../../lib/providers/paypal/paypal.ts";
import { verifyPayPalSignature } from "../../../lib/providers/paypal/signature.ts";
import * as wire from "../../../lib/providers/paypal/wire.ts";
import { newSigner } from "../../../scripts/sandbox/kernel/certificate.ts";
import { credentialParsers } from "../../properties/parsers/credentials.ts";
import { assertFact, assertFacts, assertParsed } from "../../properties/parsers/facts.ts";
import {
  hardJson,
  headersLike,
  jsonBytesLike,
  jsonLike,
  longestWebhook,
  textLike,
} from "../../properties/parsers/hostile.ts";
import { demand, type Parser, parser } from "../../properties/parsers/parser.ts";
import { clockAt, createdAt, orderNo } from "../../unit/providers/payments.ts";

const app = {
  client_id: "AclientId",
  secret: "EcanarySecret",
  mode: "sandbox",
  webhook_id: "8PT597110X",
};
const adapter = paypal.open(paypal.credentials.parse(app), { clock: clockAt(createdAt) });

const capture = {
  id: "3C679366HH908993F",
  status: "COMPLETED",
  amount: { currency_code: "USD", value: "12.30" },
};
const refund = {
  ...{ id: "1JU08902781691411", status: "COMPLETED", custom_id: "R20251123120000ABCDEFGHJKMNPQRST" },
  amount: { currency_code: "USD", value: "2.30" },
  links: [{ rel: "up", href: "https://api-m.paypal.com/v2/payments/captures/3C679366HH908993F" }],
};
const order = (status: string, payments?: object) => ({
  id: "5O190127TN364715T",
  status,
  purchase_units: [
    { invoice_id: orderNo, payee: { merchant_id: "MERCHANT00001" }, ...(payments && { payments }) },
  ],
  links: [{ rel: "payer-action", href: "https://www.paypal.com/checkoutnow?token=x" }],
});
const payment = {
  orderNo,
  payable: { paymentId: "5O190127TN364715T", paymentUrl: "", qrCode: "", extraData: {} },
  state: "payable" as const,
};

const events = [
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

const certificate = newSigner("messageverificationcerts.sandbox.paypal.com", createdAt).certificatePem;
const certificateUrl =
  "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77";
const headers = {
  "paypal-transmission-id": "b2384410-f8d2-11e4-8bf3-77339302725b",
  "paypal-transmission-time": "2025-11-23T12:00:00Z",
  "paypal-transmission-sig": "AAAA",
  "paypal-cert-url": "https://elsewhere.example/v1/notifications/certs/CERT-1",
  "paypal-auth-algo": "SHA256withRSA",
};

export const parsers: readonly Parser[] = [
  parser({
    name: "PayPal order",
    input: jsonLike(
      order("APPROVED"),
      order("COMPLETED", { captures: [capture], refunds: [refund] }),
      order("COMPLETED", { captures: [{ ...capture, create_time: "2025-11-23T12:01:40Z" }] }),
    ),
    parse(body) {
      const { data } = wire.order.safeParse(body);
      return data ? orderEvents(data, payment, createdAt) : [];
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
      refusal: wire.refusal.safeParse(content).data,
      token: wire.token.safeParse(content).data,
      account: wire.userInfo.safeParse(content).data,
      webhooks: wire.webhooks.safeParse(content).data,
    }),
    holds: ({ token }) =>
      demand(
        token === undefined || /^[!-~]+$/.test(token.access_token),
        "a token that is not a valid header value",
      ),
  }),
  parser({
    name: "PayPal signature",
    input: headersLike(headers),
    parse: (sent) =>
      verifyPayPalSignature({ body: Buffer.from("{}"), headers: sent }, ["8PT597110X"], createdAt),
    holds: () => demand(false, "an unsigned event is accepted"),
    hardest: Object.keys(headers).map((name) => ({ ...headers, [name]: "1".repeat(60_000) })),
  }),
  parser({
    name: "PayPal certificate URL",
    input: fc.tuple(
      textLike(
        certificateUrl,
        "https://paypal.com@127.0.0.1/v1/notifications/certs/C",
        `${certificateUrl}/../../x?y#z`,
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
    input: jsonBytesLike(...events),
    parse: (body) => adapter.read(body, "account"),
    holds: (parsed) => assertParsed(parsed),
    hardest: hardJson(longestWebhook).map((text) => Buffer.from(text)),
  }),
  ...credentialParsers("paypal", paypalCredentials, {
    client_id: "AclientId",
    secret: "EcanarySecret",
    mode: "live",
    webhook_id: "8PT",
    merchant_id: "MERCHANT00001",
  }),
];
