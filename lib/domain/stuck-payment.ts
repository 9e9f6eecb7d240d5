import type { Anomaly } from "./anomaly.ts";
import type { Payment } from "./payment.ts";
import { isFinal, isUnmade } from "./payment-state.ts";
import { stuckFrom } from "./poll-schedule.ts";

/**
 * What is unknown about a payment that does not end: whether it was created, whether it was captured, or its outcome.
 */
export const stuckKinds = ["create_stuck", "capture_stuck", "order_stuck"] as const;

/** The anomaly of a payment that should have ended a day ago; `null`: it has ended, or its day is not over. */
export function stuckPayment(payment: Payment, now: Date): Anomaly | null {
  if (isFinal(payment.status) || stuckFrom(payment) > now) return null;
  const { userId, configId, provider, orderNo, status, state } = payment;
  const what = isUnmade(state) ? "create" : payment.captureKey === null ? "order" : "capture";
  const kind = `${what}_stuck` satisfies (typeof stuckKinds)[number];
  const detail = {
    status,
    in_transit: state === "in_transit",
    do: "order sync; if the provider stays silent, see its console, then order resolve --as closed|failed --note",
  };
  return { kind, identity: [orderNo], userId, configId, provider, orderNo, detail };
}
