import type { Stripe } from "stripe";
import * as z from "zod";
import { GatewayError } from "../../errors.ts";
import type { Payment } from "../../payment/payment.ts";
import type { Heard, Observation, Provider, Started, WebhookCall } from "../../payment/provider.ts";
import { type RefusalTable, refusalOfCreate, refusalOfMove } from "../../payment/refusal.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { isWebUrl } from "../web-url.ts";
import { accountId, probe } from "./account.ts";
import { checkout, prepareCheckout } from "./checkout.ts";
import { type AskStripe, stripeClient } from "./client.ts";
import {
  carryOver,
  formerSecrets,
  isLive,
  type StripeCredentials,
  stripeCredentials,
  withoutWebhook,
} from "./credentials.ts";
import { eventObservations } from "./event.ts";
import { lookRefund, prepareRefund, refund, refundsOf } from "./make-refund.ts";
import { refundSeen } from "./refund.ts";
import { refusals } from "./refusals.ts";
import { isSessionOf, refundedIntent, sessionObservations } from "./session.ts";
import { verifyStripeSignature } from "./signature.ts";
import { register } from "./webhook-endpoint.ts";
import * as wire from "./wire.ts";

function openStripe(
  credentials: StripeCredentials,
  { clock, baseUrl, account: known }: ProviderDependencies,
): Provider {
  const { secret_key: secretKey, webhook_secret: secrets = [] } = credentials;
  const livemode = isLive(credentials);
  const ask = stripeClient(secretKey, baseUrl);
  // The key's account, never the order's: a session that another account has answers nothing about the order.
  async function asked({ orderNo }: Payment, work: (asking: Asking) => Promise<Observation[]>) {
    try {
      return await work({ account: known ?? (await accountId(ask)), now: clock.now() });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return [{ kind: "unknown", orderNo, why: error.message } satisfies Observation];
    }
  }
  const read = (body: Buffer, account: string): Heard => {
    const event = readEvent(body);
    const observations = eventObservations(event, { account, livemode, now: clock.now() });
    return { eventId: event.id, eventType: event.type, observations };
  };

  return {
    livemode,
    account: () => accountId(ask),
    prepare: prepareCheckout,
    start: (payment, prepared, idempotencyKey) => start(ask, payment, prepared, idempotencyKey),
    look: (payment) => asked(payment, (asking) => look(ask, payment, asking)),

    close: (payment) => asked(payment, (asking) => close(ask, payment, asking)),

    prepareRefund,
    refund: (payment, wanted) => refund(ask, payment, wanted),
    lookRefund: (payment, wanted) => lookRefund(ask, payment, wanted),
    register: (webhookUrl) => register(ask, webhookUrl, secrets),
    probe: () => probe(ask, livemode),

    async hear({ body, headers }: WebhookCall, account: string): Promise<Heard> {
      const accepted = [...secrets, ...formerSecrets(credentials, clock.now())];
      verifyStripeSignature(body, headers["stripe-signature"], accepted, clock.now());
      return read(body, account);
    },
    read,
  };
}

async function start(
  ask: AskStripe,
  { orderNo }: Payment,
  prepared: Record<string, unknown>,
  idempotencyKey: string,
): Promise<Started> {
  const wanted = checkout.parse(prepared);
  const said = await ask((stripe) => stripe.checkout.sessions.create(wanted, { idempotencyKey }));
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
    return { kind: "unknown", why: "Stripe's answer is no session of this order" };
  }
  return {
    kind: "payable",
    payable: { paymentId: session.data.id, paymentUrl: url, qrCode: "", extraData: {} },
  };
}

async function close(ask: AskStripe, payment: Payment, asking: Asking): Promise<Observation[]> {
  // No key of ours: expiring twice is harmless, and under a key Stripe would repeat an old refusal for a day.
  const said = await askForSession(ask, payment, refusals.expire, (stripe, id) =>
    /* mutation: stripe-close-no-key */ stripe.checkout.sessions.expire(id),
  );
  const told = observationsOf(said, payment, asking);
  // Refused, because the session is not open: paid, under way or ended.
  return told.some(({ kind }) => kind === "unrecognised") ? look(ask, payment, asking) : told;
}

/**
 * Paid, then refunded, in that order. Refunds go by their ids, as in events, so that none is counted twice. Stripe lists the
 * newest first; those that failed are told first, so that what took their place finds the money free.
 */
async function look(ask: AskStripe, payment: Payment, asking: Asking): Promise<Observation[]> {
  const { orderNo } = payment;
  const said = await askForSession(ask, payment, refusals.retrieve, (stripe, id) =>
    stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] }),
  );
  const observations = observationsOf(said, payment, asking);
  const tradeNo = "session" in said ? refundedIntent(said.session, payment) : undefined;
  if (tradeNo === undefined || !observations.some(({ kind }) => kind === "paid")) return observations;
  const refunds = await refundsOf(ask, tradeNo);
  if (!Array.isArray(refunds)) return [...observations, { ...refunds, orderNo }];
  const seen = refunds.map((told) => refundSeen(told, tradeNo, orderNo));
  const rank = /* mutation: stripe-failed-refunds-first */ ({ kind }: Observation) =>
    kind === "refundFailed" ? 0 : 1;
  return [...observations, ...seen.toSorted((one, other) => rank(one) - rank(other))];
}

/** With whose key Stripe is asked, and when. */
type Asking = { account: string; now: Date };

function observationsOf(said: Asked, { orderNo }: Payment, { account, now }: Asking): Observation[] {
  if ("instead" in said) return [said.instead];
  return sessionObservations(said.session, { orderNo, account, saidAt: now });
}

type Asked = { session: wire.CheckoutSession } | { instead: Observation };

async function askForSession(
  ask: AskStripe,
  { orderNo, payable }: Payment,
  table: RefusalTable,
  call: (stripe: Stripe, sessionId: string) => Promise<Stripe.Response<Stripe.Checkout.Session>>,
): Promise<Asked> {
  const unknown = (why: string, unlisted?: string): Asked => ({
    instead: { kind: "unknown", orderNo, why, ...(unlisted !== undefined && { unlisted }) },
  });
  if (!payable) return unknown("no session id yet");
  const said = await ask((stripe) => call(stripe, payable.paymentId));
  if (said.kind === "unknown") return unknown(said.why, said.unlisted);
  if (said.kind === "refused") {
    const { code } = said.error;
    const why = `Stripe: ${code}`;
    const refusal = refusalOfMove(table, said.error);
    if (!refusal) return unknown(why, code);
    // That Stripe knows no such session, or not under this key, proves nothing about the one we were given.
    return refusal.fault === "request" ? { instead: { kind: "unrecognised", said: why } } : unknown(why);
  }
  const session = wire.checkoutSession.safeParse(said.body);
  if (!session.success)
    return { instead: { kind: "unrecognised", said: "a checkout session of another form" } };
  // mutation: stripe-answer-session
  if (session.data.id === payable.paymentId) return { session: session.data };
  return {
    instead: { kind: "unrecognised", said: "another checkout session than the one that was asked for" },
  };
}

function readEvent(body: Buffer): wire.StripeEvent {
  try {
    return wire.event.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch {
    throw new GatewayError("notification_malformed", "the body is no Stripe event");
  }
}

/** Stripe Checkout: the buyer pays on Stripe's own page, with whatever methods the account offers. */
export const stripe: ProviderModule<StripeCredentials> = {
  credentials: stripeCredentials,
  extraParams: { checkout: z.strictObject({}) },
  missing: ({ webhook_secret: secrets }) => (secrets ? [] : ["webhook_secret"]),
  sameAccount: (one, other) => one.secret_key === other.secret_key,
  carryOver,
  withoutWebhook,
  open: openStripe,
};
