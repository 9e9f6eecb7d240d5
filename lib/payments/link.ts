import { randomUUID } from "node:crypto";
import { type Clock, secondsAfter } from "../clock.ts";
import type { Payment } from "../domain/payment.ts";
import type { Leased } from "../domain/provider-request.ts";
import type { SceneLives } from "../domain/scene-life.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { log, nameOf } from "../log.ts";
import { endRenewal, storeRenewed, takeRenewal } from "../storage/payments/renewals.ts";
import { callCreate, leaseSeconds, notAccepted, outcomeUnknown } from "./create-at-provider.ts";

/** After a failed renewal no other is tried within this time, in seconds. */
const retryRenewalSeconds = 3;

/** Whether the stored link or code still opens: its time is not over, and the key that signed it was not replaced. */
async function opens(gateway: Gateway, payment: Payment): Promise<boolean> {
  const { payableUntil, payableVersion } = payment;
  if (payableUntil === null || /* mutation: link-time */ payableUntil <= gateway.clock.now()) return false;
  if (payableVersion === null) return true;
  try {
    // A process that has not read the new credentials yet knows an older version.
    // mutation: link-key-version
    return (await gateway.configs.of(payment)).version <= payableVersion;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // The link works at the provider even while we cannot read the credentials.
    return true;
  }
}

/** The payment as it may be shown: without a link or code that has expired or must no longer be opened. */
export async function shown(gateway: Gateway, payment: Payment): Promise<Payment> {
  if (payment.payable === null) return payment;
  const ended = payment.status === "closed" || payment.status === "failed";
  if (/* mutation: link-of-ended */ !ended && (await opens(gateway, payment))) return payment;
  return { ...payment, payable: { ...payment.payable, paymentUrl: "", qrCode: "", extraData: {} } };
}

/** The payment as a query returns it: an expired link is renewed if the provider supports that. */
export async function shownRenewed(gateway: Gateway, payment: Payment): Promise<Payment> {
  try {
    const payable = canRenew(gateway, payment) && !(await opens(gateway, payment));
    const renewed = payable ? await renew(gateway, payment) : null;
    return await shown(gateway, renewed ?? payment);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn("link not renewed", { order_no: payment.orderNo, reason: error.message, ...nameOf(error) });
    return shown(gateway, payment);
  }
}

/**
 * The payment with a usable link, for a repeated create. A paid payment is returned as it is stored, any other with its
 * stored or a renewed link. `null`: another caller is renewing the link, so read the order again. Throws `order_status`
 * if no link is possible.
 */
export async function withOpenLink(gateway: Gateway, payment: Payment): Promise<Payment | null> {
  const { status, expiresAt, orderNo } = payment;
  if (status === "success") return payment;
  // mutation: link-order-end
  if (expiresAt <= gateway.clock.now()) {
    const message = "this payment has expired and is about to be closed: use a new out_trade_no";
    throw new GatewayError("order_status", message, { orderNo });
  }
  if (await opens(gateway, payment)) return payment;
  if (canRenew(gateway, payment)) return renew(gateway, payment);
  throw lapsed(payment);
}

function canRenew(gateway: SceneLives & { clock: Clock }, payment: Payment): boolean {
  const { payable, state, closeRequested, expiresAt, provider, scene } = payment;
  const waits =
    payable !== null && state === "payable" && /* mutation: link-close-requested */ !closeRequested;
  return (
    waits &&
    expiresAt > gateway.clock.now() &&
    /* mutation: link-renewable */ gateway.lifeOf(provider, scene).renewable
  );
}

/** Repeats the stored create request, one caller at a time. */
async function renew(gateway: Gateway, payment: Payment): Promise<Payment | null> {
  const { db, clock } = gateway;
  const requestedAt = clock.now();
  const leaseUntil = secondsAfter(requestedAt, leaseSeconds);
  const leased = await takeRenewal(db, payment, { leaseToken: randomUUID(), leaseUntil, now: requestedAt });
  return leased && ask(gateway, leased);
}

async function ask(gateway: Gateway, leased: Leased): Promise<Payment | null> {
  const { db, clock } = gateway;
  const { payment } = leased;
  const made = await callCreate(gateway, leased);
  if (made.kind === "payable") return storeRenewed(db, leased, made.link, clock.now());
  await endRenewal(db, leased, secondsAfter(clock.now(), retryRenewalSeconds));
  if (made.kind === "unknown") throw outcomeUnknown(payment);
  if (made.ends === "nothing") throw notAccepted(payment, made.error);
  throw lapsed(payment, made.error);
}

function lapsed(payment: Payment, providerError?: { code: string; message: string }): GatewayError {
  const { orderNo, status, closeRequested } = payment;
  const message =
    status === "pending" && !closeRequested
      ? "the link has expired: close this payment, then use a new out_trade_no"
      : "the link has expired, and the payment is in progress or about to be closed: query it";
  return new GatewayError("order_status", message, { orderNo, ...(providerError && { providerError }) });
}
