import type { Anomaly } from "./anomaly.ts";
import { stuckFrom } from "./look-up-schedule.ts";
import type { Payment } from "./payment.ts";
import { isFinal } from "./status.ts";

/** What keeps a payment from its end: nobody knows whether it was made, whether its money was taken, or what became of it. */
export const stuckKinds = ["create_stuck", "capture_stuck", "order_stuck"] as const;

/** What a person is told of a payment that should have ended a day ago; `null`: it has ended, or has time. */
export function stuckPayment(payment: Payment, now: Date): Anomaly | null {
  if (isFinal(payment.status) || stuckFrom(payment) > now) return null;
  const { userId, configId, provider, orderNo, status, providerStarted } = payment;
  const what = payment.payable === null ? "create" : payment.captureKey === null ? "order" : "capture";
  const kind = `${what}_stuck` satisfies (typeof stuckKinds)[number];
  const detail = {
    status,
    provider_started: providerStarted,
    do: "order sync; if the provider stays silent, see its console, then order resolve --as closed|failed --note",
  };
  return { kind, identity: [orderNo], userId, configId, provider, orderNo, detail };
}
