import type { Payment, Prepared } from "../../domain/payment.ts";
import type {
  CreateOutcome,
  ParsedWebhook,
  Provider,
  ProviderEvent,
  WebhookCall,
} from "../../domain/provider.ts";
import { refusalOfCreate } from "../../domain/refusal.ts";
import { GatewayError } from "../../errors.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { isWebUrl } from "../web-url.ts";
import { captureOrder, fetchOrder } from "./capture.ts";
import { checkoutOrder, ordersPath, prepareCheckoutOrder } from "./checkout-order.ts";
import { type PayPalClient, type PayPalRefused, paypalClient } from "./client.ts";
import {
  carryOver,
  isSameApp,
  type PayPalCredentials,
  paypalCredentials,
  webhookIds,
} from "./credentials.ts";
import { decisiveIssue } from "./decisive-issue.ts";
import { providerEventsOf } from "./event.ts";
import { approvalSeconds } from "./limits.ts";
import { findRefund, makeRefund, prepareRefund } from "./refund.ts";
import { refusals } from "./refusals.ts";
import { verifyPayPalSignature } from "./signature.ts";
import { probeWebhooks, registerWebhook } from "./webhooks.ts";
import * as wire from "./wire.ts";

/**
 * PayPal keeps the PayPal-Request-Id of an order for six hours, but the order waits only about three for its buyer: a
 * later repeat returns an order that can no longer be paid. Five minutes less, because clocks differ and calls take
 * time. https://developer.paypal.com/api/rest/reference/idempotency/
 */
const createKeySeconds = approvalSeconds - 300;

function openPayPal(credentials: PayPalCredentials, { clock, baseUrl }: ProviderDependencies): Provider {
  const client = paypalClient(credentials, clock, baseUrl);
  const { webhook_id: webhookId, merchant_id: merchantId } = credentials;
  const fetchPayment = (payment: Payment) => fetchOrder(client, clock, payment);

  return {
    livemode: credentials.mode === "live",
    account: async () => merchantId ?? askForAccount(client),
    prepare: prepareCheckoutOrder,
    createPayment: (payment, prepared, idempotencyKey) =>
      createPayment(client, payment, prepared, idempotencyKey),
    createKeySeconds,
    fetchPayment,
    close: (payment) => close(payment, fetchPayment),
    capture: (payment, idempotencyKey) => captureOrder(client, clock, payment, idempotencyKey),
    prepareRefund,
    refund: (payment, refund) => makeRefund(client, payment, refund),
    fetchRefund: (payment, refund) => findRefund(client, payment, refund),
    register: (webhookUrl) => registerWebhook(client, webhookUrl),
    probe: () => probeWebhooks(client, webhookId),

    async parseWebhook(call: WebhookCall): Promise<ParsedWebhook> {
      await verifyPayPalSignature(call, webhookIds(credentials, clock.now()), clock.now(), baseUrl);
      return read(call.body);
    },
    read,
  };
}

function read(body: Buffer): ParsedWebhook {
  const event = readEvent(body);
  return { eventId: event.id, eventType: event.event_type, events: providerEventsOf(event) };
}

async function createPayment(
  client: PayPalClient,
  { orderNo }: Payment,
  prepared: Prepared,
  idempotencyKey: string,
): Promise<CreateOutcome> {
  const said = await client.post(ordersPath, checkoutOrder.parse(prepared), idempotencyKey);
  if (said.kind === "refused") return createRefused(said);
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

function createRefused(said: PayPalRefused): CreateOutcome {
  const refusal = refusalOfCreate(refusals.create, decisiveIssue(refusals.create, said));
  if (refusal.fault === "provider") return { kind: "unknown", why: `PayPal: ${refusal.error.code}` };
  return { kind: "refused", ...refusal };
}

/**
 * PayPal has no call that closes an order: without our capture no money moves, and a closed payment is never captured.
 * PayPal is asked only if a capture may have begun or happened.
 */
async function close(
  payment: Payment,
  fetchPayment: (payment: Payment) => Promise<ProviderEvent[]>,
): Promise<ProviderEvent[]> {
  const { orderNo, captureKey, state } = payment;
  const closed: ProviderEvent = { kind: "closed", orderNo, why: "it will not be captured" };
  if (captureKey === null && state !== "in_transit") return [closed];
  const seen = await fetchPayment(payment);
  // Not "missing": PayPal also says that of another app's order, and the credentials may belong to another app by now.
  const uncaptured = seen.every(({ kind }) => kind === "open" || kind === "approved" || kind === "closed");
  return uncaptured ? [closed] : seen;
}

async function askForAccount(client: PayPalClient): Promise<string> {
  const said = await client.get("/v1/identity/oauth2/userinfo?schema=paypalv1.1");
  const account = said.kind === "answered" ? wire.userInfo.safeParse(said.body) : undefined;
  if (account?.success) return account.data.payer_id;
  if (said.kind === "unknown") {
    throw new GatewayError("unavailable", `PayPal did not return the account; try again (${said.why})`);
  }
  const cause = said.kind === "refused" ? { providerError: said.error } : {};
  const message =
    "PayPal does not reveal the account to this app: check client_id and secret, or add merchant_id";
  throw new GatewayError("create_not_accepted", message, cause);
}

function readEvent(body: Buffer): wire.PayPalEvent {
  try {
    return wire.event.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch {
    throw new GatewayError("notification_malformed", "the body is not a PayPal event");
  }
}

/** PayPal Checkout: the buyer approves on PayPal's page, and we capture. */
export const paypal: ProviderModule<PayPalCredentials> = {
  credentials: paypalCredentials,
  missing: ({ webhook_id: webhookId }) => (webhookId === undefined ? ["webhook_id"] : []),
  sameAccount: (one, other) => isSameApp(one, other) && other.merchant_id === undefined,
  carryOver,
  open: openPayPal,
};
