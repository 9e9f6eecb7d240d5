import type { Stripe } from "stripe";
import * as z from "zod";
import { GatewayError } from "../../errors.ts";
import type { Payment } from "../../payment/payment.ts";
import type { Heard, Observation, Provider, Started, WebhookCall } from "../../payment/provider.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { checkout, prepareCheckout } from "./checkout.ts";
import { ask, stripeClient } from "./client.ts";
import { type StripeCredentials, stripeCredentials } from "./credentials.ts";
import { eventObservations } from "./event.ts";
import { sessionObservations } from "./session.ts";
import { verifyStripeSignature } from "./signature.ts";
import * as wire from "./wire.ts";

function openStripe(credentials: StripeCredentials, { clock, baseUrl }: ProviderDependencies): Provider {
  const { secret_key: secretKey, webhook_secret: secrets = [] } = credentials;
  const livemode = secretKey.includes("_live_");
  const client = stripeClient(secretKey, baseUrl);

  const look = (payment: Payment) =>
    askForSession(payment, clock.now(), (id) =>
      client.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] }),
    );

  return {
    livemode,
    account: () => askForAccount(client),
    prepare: prepareCheckout,
    start: (payment, prepared, idempotencyKey) => start(client, payment, prepared, idempotencyKey),
    look,

    async close(payment) {
      // No key of ours: expiring twice is harmless, and under a key Stripe would repeat an old refusal for a day.
      const said = await askForSession(payment, clock.now(), (id) => client.checkout.sessions.expire(id));
      // Refused, because the session is not open: paid, under way or ended.
      return said.some(({ kind }) => kind === "unrecognised") ? look(payment) : said;
    },

    async hear({ body, headers }: WebhookCall, account: string): Promise<Heard> {
      verifyStripeSignature(body, headers["stripe-signature"], secrets, clock.now());
      const event = readEvent(body);
      return {
        eventId: event.id,
        eventType: event.type,
        observations: eventObservations(event, account, livemode),
      };
    },
  };
}

async function start(
  client: Stripe,
  { orderNo }: Payment,
  prepared: Record<string, unknown>,
  idempotencyKey: string,
): Promise<Started> {
  const said = await ask(() => client.checkout.sessions.create(checkout.parse(prepared), { idempotencyKey }));
  if (said.kind === "refused") return { kind: "refused", final: said.final, error: said.error };
  if (said.kind === "unknown") return said;
  const session = wire.checkoutSession.safeParse(said.body);
  if (!session.success || !session.data.url || session.data.client_reference_id !== orderNo) {
    return { kind: "unknown", why: "Stripe's answer is no session of this order" };
  }
  const { id, url } = session.data;
  return { kind: "payable", payable: { paymentId: id, paymentUrl: url, qrCode: "", extraData: {} } };
}

async function askForSession(
  { orderNo, payable, providerAccount: account }: Payment,
  saidAt: Date,
  call: (sessionId: string) => Promise<Stripe.Response<Stripe.Checkout.Session>>,
): Promise<Observation[]> {
  if (!payable) return [{ kind: "unknown", orderNo, why: "no session id yet" }];
  const said = await ask(() => call(payable.paymentId));
  if (said.kind === "unknown") return [{ kind: "unknown", orderNo, why: said.why }];
  if (said.kind === "refused") {
    const why = `Stripe: ${said.error.code}`;
    // That Stripe knows no such session, or not under this key, proves nothing about the one we were given.
    return [said.final ? { kind: "unrecognised", said: why } : { kind: "unknown", orderNo, why }];
  }
  const session = wire.checkoutSession.safeParse(said.body);
  if (!session.success) return [{ kind: "unrecognised", said: "a checkout session of another form" }];
  return sessionObservations(session.data, { orderNo, account, saidAt });
}

async function askForAccount(client: Stripe): Promise<string> {
  const said = await ask(() => client.accounts.retrieveCurrent());
  if (said.kind === "refused") {
    throw new GatewayError("create_not_accepted", "Stripe refused the account's key", {
      providerError: said.error,
    });
  }
  const account = said.kind === "answered" ? wire.account.safeParse(said.body) : undefined;
  if (!account?.success) throw new GatewayError("unavailable", "Stripe did not tell the account; try again");
  return account.data.id;
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
  open: openStripe,
};
