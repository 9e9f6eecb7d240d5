import type * as z from "zod";
import type { Observation } from "../../payment/provider.ts";
import { refundSeen } from "./refund.ts";
import { isSessionOf, sessionObservations } from "./session.ts";
import {
  type CheckoutSession,
  checkoutSession,
  dispute,
  refund,
  type StripeEvent,
  type StripeRefund,
} from "./wire.ts";

/** A payment that is told later than this may have been overtaken by events of its refunds, which name no order. */
const promptSeconds = 30;

/**
 * What an event says that was verified at `now`. `account` is the config's own; an event of a connected account keeps that
 * account.
 */
export function eventObservations(
  event: StripeEvent,
  { account, livemode, now }: { account: string; livemode: boolean; now: Date },
): Observation[] {
  const said = observationsOf(event, account, livemode);
  const [first] = said;
  const isLate = now.getTime() / 1000 - event.created > promptSeconds;
  if (first?.kind !== "paid" || !isLate) return said;
  return [...said, { kind: "hint", orderNo: first.orderNo, why: "told late" }];
}

function observationsOf(event: StripeEvent, account: string, livemode: boolean): Observation[] {
  const { type } = event;
  // mutation: stripe-event-livemode
  if (event.livemode !== livemode) {
    return [{ kind: "unrecognised", said: `${type} of ${event.livemode ? "live" : "test"} mode` }];
  }
  if (type.startsWith("checkout.session.")) {
    const said = read(event, checkoutSession, (session) =>
      sessionEvent(event, session, /* mutation: stripe-event-account */ event.account ?? account),
    );
    const connected = event.account != null && event.account !== account;
    // Money that reached another account is an anomaly; what else happens there is not about our order.
    // mutation: stripe-connected-session
    if (!connected || said.some(({ kind }) => kind === "paid")) return said;
    return [{ kind: "ignored", why: `${type} of the connected account ${event.account}` }];
  }
  if (event.account && /* mutation: stripe-refund-account */ event.account !== account) {
    return [{ kind: "ignored", why: `${type} of the connected account ${event.account}` }];
  }
  if (type.startsWith("refund.")) return read(event, refund, (told) => refundEvent(type, told));
  if (type.startsWith("charge.dispute.")) return read(event, dispute, (told) => disputeEvent(type, told));
  return [{ kind: "ignored", why: `${type} changes no payment` }];
}

function read<T>(event: StripeEvent, schema: z.ZodType<T>, use: (object: T) => Observation[]): Observation[] {
  const parsed = schema.safeParse(event.data.object);
  return parsed.success
    ? use(parsed.data)
    : [{ kind: "unrecognised", said: `${event.type} of another form` }];
}

function sessionEvent(event: StripeEvent, session: CheckoutSession, account: string): Observation[] {
  const { type, created } = event;
  const orderNo = session.client_reference_id;
  if (!orderNo) return [{ kind: "ignored", why: `${type} names no order` }];
  if (type !== asyncFailed && !expected[type]) {
    return [{ kind: "ignored", why: `${type} changes no payment` }];
  }
  // mutation: stripe-event-our-session
  if (!isSessionOf(session, orderNo)) {
    return [{ kind: "hint", orderNo, why: `${type} of a session that we did not make: ${session.id}` }];
  }
  const said = sessionObservations(session, { orderNo, account, saidAt: new Date(created * 1000) });
  if (type !== asyncFailed || said.some(({ kind }) => kind === "paid")) return agreeing(type, said);
  return [{ kind: "failed", orderNo, objectId: session.id, why: type }];
}

const asyncFailed = "checkout.session.async_payment_failed";

const expected: Record<string, readonly Observation["kind"][]> = {
  "checkout.session.completed": ["paid", "started"],
  "checkout.session.async_payment_succeeded": ["paid"],
  "checkout.session.expired": ["closed"],
};

/** The event's name and the session inside must say the same. */
function agreeing(type: string, said: Observation[]): Observation[] {
  const [first] = said;
  const known =
    first?.kind === "unrecognised" ||
    (first && /* mutation: stripe-event-content */ expected[type]?.includes(first.kind));
  return known ? said : [{ kind: "unrecognised", said: `${type} with a session that is ${first?.kind}` }];
}

function refundEvent(type: string, told: StripeRefund): Observation[] {
  const tradeNo = told.payment_intent;
  if (!tradeNo) return [{ kind: "ignored", why: `${type} names no payment intent` }];
  return [refundSeen(told, tradeNo, told.metadata?.order_no ?? null)];
}

function disputeEvent(type: string, told: z.infer<typeof dispute>): Observation[] {
  const tradeNo = told.payment_intent;
  if (!tradeNo) return [{ kind: "ignored", why: `${type} names no payment intent` }];
  return [{ kind: "disputed", tradeNo, why: `${type}: ${told.reason}, ${told.status}` }];
}
