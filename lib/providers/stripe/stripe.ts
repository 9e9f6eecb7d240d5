import type { Payment } from "../../domain/payment.ts";
import type {
  CreateOutcome,
  ParsedWebhook,
  Provider,
  ProviderEvent,
  WebhookCall,
} from "../../domain/provider.ts";
import { type RefusalTable, refusalOfCreate, refusalOfMove } from "../../domain/refusal.ts";
import { GatewayError } from "../../errors.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { isWebUrl } from "../web-url.ts";
import { accountId, probe } from "./account.ts";
import { checkout, prepareCheckout } from "./checkout.ts";
import { type StripeAnswer, type StripeClient, stripeClient } from "./client.ts";
import {
  carryOver,
  formerSecrets,
  isLive,
  type StripeCredentials,
  stripeCredentials,
  withoutWebhook,
} from "./credentials.ts";
import { providerEventsOf } from "./event.ts";
import { fetchRefund, prepareRefund, refund, refundsOf } from "./make-refund.ts";
import { refundSeen } from "./refund.ts";
import { refusals } from "./refusals.ts";
import { isSessionOf, refundedIntent, sessionEvents } from "./session.ts";
import { verifyStripeSignature } from "./signature.ts";
import { register } from "./webhook-endpoint.ts";
import * as wire from "./wire.ts";

function openStripe(
  credentials: StripeCredentials,
  { clock, baseUrl, account: configured }: ProviderDependencies,
): Provider {
  const { secret_key: secretKey, webhook_secret: secrets = [] } = credentials;
  const livemode = isLive(credentials);
  const client = stripeClient(secretKey, baseUrl);
  // The account of the API key, never the order's: a session of another account says nothing about the order.
  async function withAccount({ orderNo }: Payment, work: (asking: Asking) => Promise<ProviderEvent[]>) {
    try {
      return await work({ account: configured ?? (await accountId(client)), now: clock.now() });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return [{ kind: "unknown", orderNo, why: error.message } satisfies ProviderEvent];
    }
  }
  const read = (body: Buffer, account: string): ParsedWebhook => {
    const event = readEvent(body);
    const events = providerEventsOf(event, { account, livemode, now: clock.now() });
    return { eventId: event.id, eventType: event.type, events };
  };

  return {
    livemode,
    account: () => accountId(client),
    prepare: prepareCheckout,
    createPayment: (payment, prepared, idempotencyKey) =>
      createPayment(client, payment, prepared, idempotencyKey),
    fetchPayment: (payment) => withAccount(payment, (asking) => fetchPayment(client, payment, asking)),

    close: (payment) => withAccount(payment, (asking) => close(client, payment, asking)),

    prepareRefund,
    refund: (payment, requested) => refund(client, payment, requested),
    fetchRefund: (payment, requested) => fetchRefund(client, payment, requested),
    register: (webhookUrl) => register(client, webhookUrl, secrets),
    probe: () => probe(client, livemode),

    async parseWebhook({ body, headers }: WebhookCall, account: string): Promise<ParsedWebhook> {
      const accepted = [...secrets, ...formerSecrets(credentials, clock.now())];
      verifyStripeSignature(body, headers["stripe-signature"], accepted, clock.now());
      return read(body, account);
    },
    read,
  };
}

async function createPayment(
  client: StripeClient,
  { orderNo }: Payment,
  prepared: Record<string, unknown>,
  idempotencyKey: string,
): Promise<CreateOutcome> {
  const requested = checkout.parse(prepared);
  const said = await client.post(sessionsPath, requested, idempotencyKey);
  if (said.kind === "refused") {
    const refusal = refusalOfCreate(refusals.create, said.error);
    if (refusal.fault === "provider") return { kind: "unknown", why: `Stripe: ${said.error.code}` };
    return { kind: "refused", ...refusal };
  }
  if (said.kind === "unknown") return said;
  const session = wire.checkoutSession.safeParse(said.body);
  const url = session.data?.url ?? "";
  if (
    !session.success ||
    /* mutation: stripe-web-url */ !isWebUrl(url) ||
    !isSessionOf(session.data, orderNo)
  ) {
    return { kind: "unknown", why: "Stripe's answer is not a session of this order" };
  }
  return {
    kind: "payable",
    payable: { paymentId: session.data.id, paymentUrl: url, qrCode: "", extraData: {} },
  };
}

async function close(client: StripeClient, payment: Payment, asking: Asking): Promise<ProviderEvent[]> {
  // Each call under a new key: expiring twice is harmless, and under the same Stripe would repeat an old refusal for a day.
  const said = await askForSession(payment, refusals.expire, (path) =>
    /* mutation: stripe-close-no-key */ client.post(`${path}/expire`, {}),
  );
  const events = eventsOf(said, payment, asking);
  // Refused because the session is not open but paid, in progress or expired.
  return events.some(({ kind }) => kind === "unrecognised") ? fetchPayment(client, payment, asking) : events;
}

/**
 * `paid` first, then the refunds. Refunds are identified by their ids, as in webhooks, so that none is counted twice.
 * Stripe lists the newest first; we put failed ones first, so that refunds made in their place find the amount free.
 */
async function fetchPayment(
  client: StripeClient,
  payment: Payment,
  asking: Asking,
): Promise<ProviderEvent[]> {
  const { orderNo } = payment;
  const said = await askForSession(payment, refusals.retrieve, (path) =>
    client.get(path, { expand: ["payment_intent.latest_charge"] }),
  );
  const events = eventsOf(said, payment, asking);
  const tradeNo = "session" in said ? refundedIntent(said.session, payment) : undefined;
  if (tradeNo === undefined || !events.some(({ kind }) => kind === "paid")) return events;
  const refunds = await refundsOf(client, tradeNo);
  if (!Array.isArray(refunds)) return [...events, { ...refunds, orderNo }];
  const seen = refunds.map((events) => refundSeen(events, tradeNo, orderNo));
  const rank = /* mutation: stripe-failed-refunds-first */ ({ kind }: ProviderEvent) =>
    kind === "refundFailed" ? 0 : 1;
  return [...events, ...seen.toSorted((one, other) => rank(one) - rank(other))];
}

/** The account of the API key, and the time of the call. */
type Asking = { account: string; now: Date };

function eventsOf(said: Answered, { orderNo }: Payment, { account, now }: Asking): ProviderEvent[] {
  if ("instead" in said) return [said.instead];
  return sessionEvents(said.session, { orderNo, account, saidAt: now });
}

type Answered = { session: wire.CheckoutSession } | { instead: ProviderEvent };

const sessionsPath = "/v1/checkout/sessions";

async function askForSession(
  { orderNo, payable }: Payment,
  table: RefusalTable,
  call: (path: string) => Promise<StripeAnswer>,
): Promise<Answered> {
  const unknown = (why: string, unlisted?: string): Answered => ({
    instead: { kind: "unknown", orderNo, why, ...(unlisted !== undefined && { unlisted }) },
  });
  if (!payable) return unknown("no session id yet");
  const said = await call(`${sessionsPath}/${encodeURIComponent(payable.paymentId)}`);
  if (said.kind === "unknown") return unknown(said.why, said.unlisted);
  if (said.kind === "refused") {
    const { code } = said.error;
    const why = `Stripe: ${code}`;
    const refusal = refusalOfMove(table, said.error);
    if (!refusal) return unknown(why, code);
    // Stripe's "not found" under this key proves nothing about the session that Stripe created for us.
    return refusal.fault === "request" ? { instead: { kind: "unrecognised", said: why } } : unknown(why);
  }
  const session = wire.checkoutSession.safeParse(said.body);
  if (!session.success)
    return { instead: { kind: "unrecognised", said: "a checkout session of another form" } };
  // mutation: stripe-answer-session
  if (session.data.id === payable.paymentId) return { session: session.data };
  return {
    instead: { kind: "unrecognised", said: "another checkout session than the requested one" },
  };
}

function readEvent(body: Buffer): wire.StripeEvent {
  try {
    return wire.event.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch {
    throw new GatewayError("notification_malformed", "the body is not a Stripe event");
  }
}

/** Stripe Checkout: the buyer pays on Stripe's own page, with whatever methods the account offers. */
export const stripe: ProviderModule<StripeCredentials> = {
  credentials: stripeCredentials,
  missing: ({ webhook_secret: secrets }) => (secrets ? [] : ["webhook_secret"]),
  sameAccount: (one, other) => one.secret_key === other.secret_key,
  carryOver,
  withoutWebhook,
  open: openStripe,
};
