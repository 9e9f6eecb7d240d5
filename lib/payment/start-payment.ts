import { type Clock, secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Payment } from "./payment.ts";
import type { Configs, Leased, Orders } from "./ports.ts";
import type { Provider } from "./provider.ts";

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

/**
 * Makes the payment at the provider. Only the holder of the lease comes here; a repeat sends the same stored request
 * under the same key, so the provider makes it once.
 */
export async function startPayment(
  gateway: { clock: Clock; orders: Orders; configs: Configs },
  leased: Leased,
): Promise<Payment> {
  const { orders, clock } = gateway;
  const { payment, attempt } = leased;
  const { adapter } = await gateway.configs.of(payment);
  const started = await adapter.start(
    payment,
    attempt.prepared,
    /* mutation: create-provider-key */ attempt.idempotencyKey,
  );
  const now = clock.now();

  if (started.kind === "payable") {
    const stored = await orders.storePayable(leased, started.payable, now);
    if (!stored) throw outcomeUnknown(payment);
    return stored;
  }
  if (started.kind === "refused" && started.ends === "subject") {
    // mutation: create-refusal-stored
    if (!(await orders.refuse(leased, started.error, now))) throw outcomeUnknown(payment);
    throw refused(payment, started.error);
  }
  const why = started.kind === "refused" ? started.error.code : started.why;
  await orders.release(leased, why, now, secondsAfter(now, retryLookUpSeconds));
  if (started.kind === "unknown") throw outcomeUnknown(payment);
  const message = `${payment.provider} did not accept the request (${why}): check the config, then send the same request again`;
  throw new GatewayError("create_not_accepted", message, {
    orderNo: payment.orderNo,
    providerError: started.error,
  });
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
