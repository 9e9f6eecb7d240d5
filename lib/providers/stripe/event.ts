import type * as z from "zod";
import type { ProviderEvent } from "../../domain/provider.ts";
import { refundSeen } from "./refund.ts";
import { isSessionOf, sessionEvents } from "./session.ts";
import {
  type CheckoutSession,
  checkoutSession,
  dispute,
  refund,
  type StripeEvent,
  type StripeRefund,
} from "./wire.ts";

/** A payment event later than this may have been overtaken by events of its refunds, which may name no order. */
const promptSeconds = 30;

/**
 * Translates an event that was verified at `now`. `account` is the config's own; an event of a connected account keeps
 * that account.
 */
export function providerEventsOf(
  event: StripeEvent,
  { account, livemode, now }: { account: string; livemode: boolean; now: Date },
): ProviderEvent[] {
  const said = eventsOf(event, account, livemode);
  const [first] = said;
  const isLate = now.getTime() / 1000 - event.created > promptSeconds;
  if (first?.kind !== "paid" || !isLate) return said;
  return [...said, { kind: "refetch", orderNo: first.orderNo, why: "the event arrived late" }];
}

function eventsOf(event: StripeEvent, account: string, livemode: boolean): ProviderEvent[] {
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
    // Money that reached a connected account is an anomaly; its other events are not about our order.
    // mutation: stripe-connected-session
    if (!connected || said.some(({ kind }) => kind === "paid")) return said;
    return [{ kind: "ignored", why: `${type} of the connected account ${event.account}` }];
  }
  if (event.account && /* mutation: stripe-refund-account */ event.account !== account) {
    return [{ kind: "ignored", why: `${type} of the connected account ${event.account}` }];
  }
  if (type.startsWith("refund.")) return read(event, refund, (object) => refundEvent(type, object));
  if (type.startsWith("charge.dispute.")) return read(event, dispute, (object) => disputeEvent(type, object));
  return [{ kind: "ignored", why: `${type} changes no payment` }];
}

function read<T>(
  event: StripeEvent,
  schema: z.ZodType<T>,
  use: (object: T) => ProviderEvent[],
): ProviderEvent[] {
  const parsed = schema.safeParse(event.data.object);
  return parsed.success
    ? use(parsed.data)
    : [{ kind: "unrecognised", said: `${event.type} of another form` }];
}

function sessionEvent(event: StripeEvent, session: CheckoutSession, account: string): ProviderEvent[] {
  const { type, created } = event;
  const orderNo = session.client_reference_id;
  if (!orderNo) return [{ kind: "ignored", why: `${type} names no order` }];
  if (type !== asyncFailed && !expected[type]) {
    return [{ kind: "ignored", why: `${type} changes no payment` }];
  }
  // mutation: stripe-event-our-session
  if (!isSessionOf(session, orderNo)) {
    return [{ kind: "refetch", orderNo, why: `${type} of a session that we did not make: ${session.id}` }];
  }
  const said = sessionEvents(session, { orderNo, account, saidAt: new Date(created * 1000) });
  if (type !== asyncFailed || said.some(({ kind }) => kind === "paid")) return agreeing(type, said);
  return [{ kind: "failed", orderNo, objectId: session.id, why: type }];
}

const asyncFailed = "checkout.session.async_payment_failed";

const expected: Record<string, readonly ProviderEvent["kind"][]> = {
  "checkout.session.completed": ["paid", "in_transit"],
  "checkout.session.async_payment_succeeded": ["paid"],
  "checkout.session.expired": ["closed"],
};

/** The event's type and the session in it must agree. */
function agreeing(type: string, said: ProviderEvent[]): ProviderEvent[] {
  const [first] = said;
  const isConsistent =
    first?.kind === "unrecognised" ||
    (first && /* mutation: stripe-event-content */ expected[type]?.includes(first.kind));
  return isConsistent
    ? said
    : [{ kind: "unrecognised", said: `${type} with a session that is ${first?.kind}` }];
}

function refundEvent(type: string, object: StripeRefund): ProviderEvent[] {
  const tradeNo = object.payment_intent;
  if (!tradeNo) return [{ kind: "ignored", why: `${type} names no payment intent` }];
  return [refundSeen(object, tradeNo, object.metadata?.order_no ?? null)];
}

function disputeEvent(type: string, object: z.infer<typeof dispute>): ProviderEvent[] {
  const tradeNo = object.payment_intent;
  if (!tradeNo) return [{ kind: "ignored", why: `${type} names no payment intent` }];
  return [{ kind: "disputed", tradeNo, why: `${type}: ${object.reason}, ${object.status}` }];
}
