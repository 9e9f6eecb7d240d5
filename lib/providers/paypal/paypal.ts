import type { OrderRequest } from "@paypal/paypal-server-sdk";
import * as z from "zod";
import { GatewayError } from "../../errors.ts";
import type { Payment } from "../../payment/payment.ts";
import type { Heard, Observation, Prepared, Provider, Started, WebhookCall } from "../../payment/provider.ts";
import { refusalOfCreate } from "../../payment/refusal.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { isWebUrl } from "../web-url.ts";
import { captureOrder, lookAtOrder } from "./capture.ts";
import { checkoutOrder, prepareCheckoutOrder } from "./checkout-order.ts";
import { type PayPalClient, type PayPalRefused, paypalClient } from "./client.ts";
import {
  carryOver,
  isSameApp,
  type PayPalCredentials,
  paypalCredentials,
  webhookIds,
} from "./credentials.ts";
import { decisiveIssue } from "./decisive-issue.ts";
import { eventObservations } from "./event.ts";
import { approvalSeconds } from "./limits.ts";
import { findRefund, makeRefund, prepareRefund } from "./refund.ts";
import { refusals } from "./refusals.ts";
import { verifyPayPalSignature } from "./signature.ts";
import { probeWebhooks, registerWebhook } from "./webhooks.ts";
import * as wire from "./wire.ts";

/**
 * An order's PayPal-Request-Id is kept for six hours, but an order waits for its buyer for about three: a later repeat
 * brings none that can be paid. Without the last minutes: clocks differ and calls take time.
 * https://developer.paypal.com/api/rest/reference/idempotency/
 */
const startKeySeconds = approvalSeconds - 300;

function openPayPal(credentials: PayPalCredentials, { clock, baseUrl }: ProviderDependencies): Provider {
  const client = paypalClient(credentials, clock, baseUrl);
  const { webhook_id: webhookId, merchant_id: merchantId } = credentials;
  const look = (payment: Payment) => lookAtOrder(client, clock, payment);

  return {
    livemode: credentials.mode === "live",
    account: async () => merchantId ?? askForAccount(client),
    prepare: prepareCheckoutOrder,
    start: (payment, prepared, idempotencyKey) => start(client, payment, prepared, idempotencyKey),
    startKeySeconds,
    look,
    close: (payment) => close(payment, look),
    capture: (payment, idempotencyKey) => captureOrder(client, clock, payment, idempotencyKey),
    prepareRefund,
    refund: (payment, refund) => makeRefund(client, payment, refund),
    lookRefund: (payment, refund) => findRefund(client, payment, refund),
    register: (webhookUrl) => registerWebhook(client, webhookUrl),
    probe: () => probeWebhooks(client, webhookId),

    async hear(call: WebhookCall): Promise<Heard> {
      await verifyPayPalSignature(call, webhookIds(credentials, clock.now()), clock.now(), baseUrl);
      return read(call.body);
    },
    read,
  };
}

function read(body: Buffer): Heard {
  const event = readEvent(body);
  return { eventId: event.id, eventType: event.event_type, observations: eventObservations(event) };
}

async function start(
  client: PayPalClient,
  { orderNo }: Payment,
  prepared: Prepared,
  idempotencyKey: string,
): Promise<Started> {
  const said = await client.ask(({ orders }) =>
    orders.createOrder({
      body: checkoutOrder.parse(prepared) as OrderRequest,
      paypalRequestId: idempotencyKey,
      prefer: "return=representation",
    }),
  );
  if (said.kind === "refused") return startRefused(said);
  if (said.kind === "unknown") return said;
  const order = wire.order.safeParse(said.body);
  const link = (name: string) => order.data?.links?.find(({ rel }) => rel === name)?.href;
  const paymentUrl = link("payer-action") ?? link("approve");
  const invoiceId = order.data?.purchase_units?.[0]?.invoice_id ?? orderNo;
  if (
    !order.success ||
    !paymentUrl ||
    /* mutation: paypal-web-url */ !isWebUrl(paymentUrl) ||
    invoiceId !== orderNo
  ) {
    return { kind: "unknown", why: "PayPal's answer is no order of this payment" };
  }
  return {
    kind: "payable",
    payable: { paymentId: order.data.id, paymentUrl, qrCode: "", extraData: {} },
  };
}

function startRefused(said: PayPalRefused): Started {
  const refusal = refusalOfCreate(refusals.create, decisiveIssue(refusals.create, said));
  if (refusal.fault === "provider") return { kind: "unknown", why: `PayPal: ${refusal.error.code}` };
  return { kind: "refused", ...refusal };
}

/**
 * PayPal has no close: without our capture no money moves, and a closed payment is never captured. Only where a capture
 * may already have happened, or has begun, PayPal is asked.
 */
async function close(
  payment: Payment,
  look: (payment: Payment) => Promise<Observation[]>,
): Promise<Observation[]> {
  const { orderNo, captureKey, providerStarted } = payment;
  const closed: Observation = { kind: "closed", orderNo, why: "it will not be captured" };
  if (captureKey === null && !providerStarted) return [closed];
  const seen = await look(payment);
  // Not "missing": so PayPal speaks of the order of another app, too, to which the credentials may belong by now.
  const uncaptured = seen.every(({ kind }) => kind === "open" || kind === "approved" || kind === "closed");
  return uncaptured ? [closed] : seen;
}

async function askForAccount(client: PayPalClient): Promise<string> {
  const said = await client.get("/v1/identity/oauth2/userinfo?schema=paypalv1.1");
  const account = said.kind === "answered" ? wire.userInfo.safeParse(said.body) : undefined;
  if (account?.success) return account.data.payer_id;
  if (said.kind === "unknown") {
    throw new GatewayError("unavailable", `PayPal did not tell the account; try again (${said.why})`);
  }
  const given = said.kind === "refused" ? { providerError: said.error } : {};
  const message = "PayPal does not tell this app its account: check client_id and secret, or add merchant_id";
  throw new GatewayError("create_not_accepted", message, given);
}

function readEvent(body: Buffer): wire.PayPalEvent {
  try {
    return wire.event.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch {
    throw new GatewayError("notification_malformed", "the body is no PayPal event");
  }
}

/** PayPal Checkout: the buyer approves on PayPal's page, and we capture. */
export const paypal: ProviderModule<PayPalCredentials> = {
  credentials: paypalCredentials,
  extraParams: { checkout: z.strictObject({}) },
  missing: ({ webhook_id: webhookId }) => (webhookId === undefined ? ["webhook_id"] : []),
  sameAccount: (one, other) => isSameApp(one, other) && other.merchant_id === undefined,
  carryOver,
  open: openPayPal,
};
