import { sign } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Payment } from "../../../../lib/domain/payment.ts";
import type { Refund } from "../../../../lib/domain/refund.ts";
import { paypal } from "../../../../lib/providers/paypal/paypal.ts";
import { newSigner } from "../../../../scripts/sandbox/kernel/certificate.ts";
import { type Call, localServer, type Reply } from "../../outbound/local-server.ts";
import { clockAt, createdAt, orderNo, payment } from "../payments.ts";

export const credentials = {
  client_id: "AclientId",
  secret: "EcanarySecret",
  mode: "sandbox",
  webhook_id: "8PT597110X687430LKGECATA",
};
export const accessToken = "A21AAcanaryToken";
export const paypalOrderId = "5O190127TN364715T";
export const captureId = "3C679366HH908993F";
export const merchantId = "MERCHANT00001";
export const refundNo = "R20251123120000ABCDEFGHJKMNPQRST";

export function openPayPal({
  baseUrl,
  now = createdAt,
  ...changes
}: { baseUrl?: string; now?: Date | string } & Record<string, unknown> = {}) {
  const parsed = paypal.credentials.parse({ ...credentials, ...changes });
  return paypal.open(parsed, { clock: clockAt(now), baseUrl });
}

export const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** An error in the API's format. */
export const refusal = (status: number, issue: string, name = "UNPROCESSABLE_ENTITY") =>
  json({ name, message: "m", debug_id: "d", details: [{ issue, description: "words" }] }, status);

/** Simulates PayPal: gives tokens, and answers the other calls in turn, repeating the last answer. */
export async function paypalServer(...replies: Reply[]) {
  const server = await localServer((call) => {
    if (isTokenCall(call)) return token();
    const count = server.calls.filter((one) => !isTokenCall(one)).length;
    return replies[Math.min(count, replies.length) - 1] ?? "reset";
  });
  return { url: server.url, calls: () => server.calls.filter((call) => !isTokenCall(call)) };
}

export const isTokenCall = ({ path }: Call) => path === "/v1/oauth2/token";
export const token = (accessTokenPresent = accessToken) =>
  json({ access_token: accessTokenPresent, token_type: "Bearer", expires_in: 32_400 });

/** An order in the API's format. */
export function order(changes: Record<string, unknown> = {}, unit: Record<string, unknown> = {}) {
  return {
    id: paypalOrderId,
    intent: "CAPTURE",
    status: "PAYER_ACTION_REQUIRED",
    purchase_units: [
      {
        reference_id: "shop-1",
        custom_id: "shop-1",
        invoice_id: orderNo,
        amount: { currency_code: "USD", value: "12.30" },
        payee: { email_address: "shop@example.com", merchant_id: merchantId },
        ...unit,
      },
    ],
    links: [
      { href: "https://api-m.sandbox.paypal.com/v2/checkout/orders/x", rel: "self", method: "GET" },
      { href: "https://www.sandbox.paypal.com/checkoutnow?token=x", rel: "payer-action", method: "GET" },
    ],
    ...changes,
  };
}

export function capture(changes: Record<string, unknown> = {}) {
  return {
    id: captureId,
    status: "COMPLETED",
    amount: { currency_code: "USD", value: "12.30" },
    invoice_id: orderNo,
    custom_id: "shop-1",
    create_time: "2025-11-23T12:01:40Z",
    update_time: "2025-11-23T12:05:00Z",
    ...changes,
  };
}

/** An order with these captures and refunds. */
export function captured(captures: unknown[] = [capture()], refunds?: unknown[], status = "COMPLETED") {
  return order({ status }, { payments: { captures, ...(refunds && { refunds }) } });
}

export function refund(changes: Record<string, unknown> = {}) {
  return {
    id: "1JU08902781691411",
    status: "COMPLETED",
    amount: { currency_code: "USD", value: "2.30" },
    custom_id: refundNo,
    invoice_id: orderNo,
    links: [{ rel: "up", href: `https://api-m.sandbox.paypal.com/v2/payments/captures/${captureId}` }],
    ...changes,
  };
}

export const storedPayment: Payment = payment({
  amount: { minor: 1230, currency: "USD" },
  providerAccount: merchantId,
  payable: {
    paymentId: paypalOrderId,
    paymentUrl: "https://www.sandbox.paypal.com/x",
    qrCode: "",
    extraData: {},
  },
});

export const storedRefund: Refund = {
  id: "1",
  userId: "1",
  orderId: "1",
  refundNo: "shop-r1",
  providerRefundNo: refundNo,
  amount: { minor: 230, currency: "USD" },
  status: "processing",
  reason: "",
  prepared: {},
  idempotencyKey: refundNo,
  refundId: "",
  refusal: null,
  createdAt,
  updatedAt: createdAt,
};

export const signer = newSigner("messageverificationcerts.sandbox.paypal.com", createdAt);
export const certificatePath = "/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77";

/** Headers of a webhook, signed as PayPal signs them. */
export function signedHeaders(
  body: string | Buffer,
  certUrl: string,
  { time = "2025-11-23T12:00:00Z", webhookId = credentials.webhook_id, privateKey = signer.privateKey } = {},
): Record<string, string | undefined> {
  const id = "b2384410-f8d2-11e4-8bf3-77339302725b";
  const text = `${id}|${time}|${webhookId}|${crc32(body)}`;
  return {
    "paypal-transmission-id": id,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign("sha256", Buffer.from(text), privateKey).toString("base64"),
    "paypal-cert-url": certUrl,
    "paypal-auth-algo": "SHA256withRSA",
  };
}
