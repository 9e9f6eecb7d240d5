import { randomUUID } from "node:crypto";
import { type Clock, secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Anomalies } from "./anomaly.ts";
import { alarmUnlisted, askProvider } from "./ask-provider.ts";
import type { Configs } from "./config-ports.ts";
import { nextLookUp } from "./look-up-schedule.ts";
import type { Payment } from "./payment.ts";
import type { Hints, Leased, Link, Orders } from "./ports.ts";
import type { Provider, Started } from "./provider.ts";
import { freesKey } from "./refusal.ts";
import { linkEnd, type SceneLives } from "./scene-life.ts";

export type StartGateway = SceneLives & {
  clock: Clock;
  orders: Orders;
  configs: Configs;
  hints: Hints;
  anomalies: Anomalies;
};

/** Longer than the provider call may take, so that no two run at once. */
export const leaseSeconds = 12;
const retryLookUpSeconds = 5;

/**
 * Until when a create whose outcome is unknown may be sent again: while the payment can be paid, and the provider knows
 * the repeat. After that it ends: a second order there must not be made, and nobody was given a link to the first.
 */
export function startableUntil(
  { createdAt, expiresAt }: Pick<Payment, "createdAt" | "expiresAt">,
  { startKeySeconds }: Pick<Provider, "startKeySeconds">,
): Date {
  const forgotten = startKeySeconds === undefined ? expiresAt : secondsAfter(createdAt, startKeySeconds);
  return forgotten < expiresAt ? forgotten : expiresAt;
}

type CalledStart = Exclude<Started, { kind: "payable" }> | { kind: "payable"; link: Link };

/** One create call with the stored request. What it made comes as a link with its time. */
export async function callStart(
  gateway: Pick<StartGateway, "clock" | "configs" | "anomalies" | "lifeOf">,
  { payment, attempt }: Leased,
): Promise<CalledStart> {
  const { adapter, version } = await gateway.configs.of(payment);
  const askedAt = gateway.clock.now();
  const started = await askProvider<Started>("create", payment, {
    ask: () =>
      adapter.start(payment, attempt.prepared, /* mutation: create-provider-key */ attempt.idempotencyKey),
    broken: (why) => ({ kind: "unknown", why }),
  });
  if (started.kind === "payable") {
    const life = gateway.lifeOf(payment.provider, payment.scene);
    const until = linkEnd(payment, life, askedAt);
    const link = { payable: started.payable, until, version: life.signedByUs ? version : null };
    return { kind: "payable", link };
  }
  const unlisted = started.kind === "refused" ? !started.listed && started.error.code : started.unlisted;
  if (unlisted)
    await alarmUnlisted(gateway, payment, { call: "create", code: unlisted, now: gateway.clock.now() });
  return started;
}

/**
 * Makes the payment at the provider. Only the holder of the lease comes here; a repeat sends the same stored request
 * under the same key, so the provider makes it once. `answered`: a caller gets what is returned or thrown; else the
 * merchant is notified of a payment that ends here.
 */
export async function startPayment(
  gateway: StartGateway,
  leased: Leased,
  { answered }: { answered: boolean } = { answered: true },
): Promise<Payment> {
  const { orders, clock } = gateway;
  const { payment, attempt } = leased;
  const started = await callStart(gateway, leased);
  const now = clock.now();

  if (started.kind === "payable") {
    const stored = await orders.storePayable(leased, started.link, now);
    if (!stored) throw outcomeUnknown(payment);
    return stored;
  }
  if (started.kind === "refused" && started.ends === "subject") {
    const ended = await orders.refuse(leased, started.error, now, !answered);
    // mutation: create-refusal-stored
    if (!ended) throw outcomeUnknown(payment);
    if (ended.notification) await gateway.hints.notify(ended.notification, now);
    throw refused(payment, started.error);
  }
  const why = started.kind === "refused" ? started.error.code : started.why;
  // An earlier call under this key may have made something yet: then no other key may ever be used.
  const newKey =
    started.kind === "refused" &&
    freesKey(started) &&
    /* mutation: create-key-unclear */ attempt.unclearSince === null;
  const next = answered ? secondsAfter(now, retryLookUpSeconds) : nextLookUp(payment, now);
  await orders.release(leased, why, now, next, newKey ? randomUUID() : undefined);
  if (started.kind === "unknown") throw outcomeUnknown(payment);
  throw notAccepted(payment, started.error);
}

export function notAccepted(
  { provider, orderNo }: Payment,
  error: { code: string; message: string },
): GatewayError {
  const message = `${provider} did not accept the request (${error.code}): check the config, then send the same request again`;
  return new GatewayError("create_not_accepted", message, { orderNo, providerError: error });
}

export function refused(
  { provider, orderNo }: Payment,
  error: { code: string; message: string },
): GatewayError {
  const message = `${provider} refused this payment (${error.code}): correct it and use a new out_trade_no`;
  return new GatewayError("create_refused", message, { orderNo, providerError: error });
}

export function outcomeUnknown({ orderNo, provider }: Payment): GatewayError {
  const message = `no clear answer from ${provider} yet: send the same request again`;
  return new GatewayError("create_unknown", message, { orderNo, retryAfterSeconds: 2 });
}
