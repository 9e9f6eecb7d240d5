import { randomUUID } from "node:crypto";
import { secondsAfter } from "../clock.ts";
import type { Payment } from "../domain/payment.ts";
import { nextPoll } from "../domain/poll-schedule.ts";
import type { CreateOutcome, Provider } from "../domain/provider.ts";
import type { Leased, Link } from "../domain/provider-request.ts";
import { freesKey } from "../domain/refusal.ts";
import { linkEnd } from "../domain/scene-life.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { recordCreated, recordRefused, releaseCreateLease } from "../storage/payments/provider-requests.ts";
import { alarmUnlisted, askProvider } from "./ask-provider.ts";
/** Longer than the provider call may take, so that no two run at once. */
export const leaseSeconds = 12;
const retryPollSeconds = 5;

/**
 * Until when a create of unknown outcome may be repeated: while the payment can be paid and the provider still
 * recognises the idempotency key. After that the payment ends, because a repeat could create a second order at the
 * provider; no buyer has a link to the first.
 */
export function repeatableUntil(
  { createdAt, expiresAt }: Pick<Payment, "createdAt" | "expiresAt">,
  { createKeySeconds }: Pick<Provider, "createKeySeconds">,
): Date {
  const keyExpiresAt = createKeySeconds === undefined ? expiresAt : secondsAfter(createdAt, createKeySeconds);
  return keyExpiresAt < expiresAt ? keyExpiresAt : expiresAt;
}

type CalledCreate = Exclude<CreateOutcome, { kind: "payable" }> | { kind: "payable"; link: Link };

/** One create call with the stored request. A payable outcome is returned as a link with its validity. */
export async function callCreate(
  gateway: Gateway,
  { payment, providerRequest }: Leased,
): Promise<CalledCreate> {
  const { adapter, version } = await gateway.configs.of(payment);
  const requestedAt = gateway.clock.now();
  const made = await askProvider<CreateOutcome>("create", payment, {
    ask: () =>
      adapter.createPayment(
        payment,
        providerRequest.prepared,
        /* mutation: create-provider-key */ providerRequest.idempotencyKey,
      ),
    broken: (why) => ({ kind: "unknown", why }),
  });
  if (made.kind === "payable") {
    const life = gateway.lifeOf(payment.provider, payment.scene);
    const until = linkEnd(payment, life, requestedAt);
    const link = { payable: made.payable, until, version: life.signedByUs ? version : null };
    return { kind: "payable", link };
  }
  const unlisted = made.kind === "refused" ? !made.listed && made.error.code : made.unlisted;
  if (unlisted)
    await alarmUnlisted(gateway, payment, { call: "create", code: unlisted, now: gateway.clock.now() });
  return made;
}

/**
 * Creates the payment at the provider. Only the lease holder may call this; a repeat sends the same stored request
 * under the same key, so the provider creates it once. `answered`: a caller receives the result or error; else
 * the merchant is notified of a payment that ends here.
 */
export async function createAtProvider(
  gateway: Gateway,
  leased: Leased,
  { answered }: { answered: boolean } = { answered: true },
): Promise<Payment> {
  const { db, clock } = gateway;
  const { payment, providerRequest } = leased;
  const made = await callCreate(gateway, leased);
  const now = clock.now();

  if (made.kind === "payable") {
    const stored = await recordCreated(db, leased, made.link, now);
    if (!stored) throw outcomeUnknown(payment);
    return stored;
  }
  if (made.kind === "refused" && made.ends === "subject") {
    const ended = await recordRefused(db, leased, made.error, { now, notify: !answered });
    // mutation: create-refusal-stored
    if (!ended) throw outcomeUnknown(payment);
    if (ended.notification) await gateway.wakeUps.notify(ended.notification, now);
    throw refused(payment, made.error);
  }
  const why = made.kind === "refused" ? made.error.code : made.why;
  // While an earlier call under this key may still have created something, the key must never be replaced.
  const newKey =
    made.kind === "refused" &&
    freesKey(made) &&
    /* mutation: create-key-unclear */ providerRequest.unclearSince === null;
  const next = answered ? secondsAfter(now, retryPollSeconds) : nextPoll(payment, now);
  await releaseCreateLease(db, leased, {
    why,
    now,
    nextPollAt: next,
    newKey: newKey ? randomUUID() : undefined,
  });
  if (made.kind === "unknown") throw outcomeUnknown(payment);
  throw notAccepted(payment, made.error);
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
  return new GatewayError("create_unknown", message, { orderNo });
}
