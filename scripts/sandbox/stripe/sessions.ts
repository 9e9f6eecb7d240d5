import type { Clock } from "../../../lib/clock.ts";
import { randomText } from "../kernel/random.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Keep } from "../kernel/stored-state.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import type { StripeAccount } from "./accounts.ts";
import { emit, seconds } from "./events.ts";
import { intentObject } from "./intent.ts";
import type { Session } from "./records.ts";
import { sessionObject } from "./session.ts";
import type { SessionInput } from "./session-parameters.ts";
import { StripeError } from "./stripe-error.ts";

/** All sessions, and the only place where one changes and sends events. Every read first expires overdue sessions. */
export type Sessions = {
  /** `paymentLink`: the id of the link that opens it for a buyer; absent: it is created through the API. */
  create(account: StripeAccount, input: SessionInput, paymentLink?: string): Session;
  all(): Session[];
  find(account: StripeAccount, id: string): Session;
  /** The buyer pays, or the money of a delayed method arrives. */
  pay(session: Session): void;
  /** The buyer completes the session with a delayed method: no money yet. */
  start(session: Session): void;
  /** One try fails and the session stays open; after `start` the delayed method fails for good. */
  fail(session: Session): void;
  expire(session: Session): void;
};

type Keeping = { clock: Clock; scheduler: Scheduler; webhooks: WebhookSender; keep: Keep; origin(): string };

/** Stripe's Checkout Sessions. Refusals are thrown as `StripeError`. */
export function createSessions({ clock, scheduler, webhooks, keep, origin }: Keeping): Sessions {
  const sessions = keep<Session[]>("sessions", []);
  const emitting = { clock, webhooks };

  function expire(session: Session): void {
    if (session.status !== "open") throw notOpen(session, "expired");
    session.status = "expired";
    emit(emitting, session, "checkout.session.expired", sessionObject(session));
  }

  function upToDate(session: Session): Session {
    if (session.status === "open" && seconds(clock) >= session.input.expiresAt) expire(session);
    return session;
  }

  function complete(session: Session, intentStatus: "processing" | "succeeded"): void {
    session.status = "complete";
    session.intent.status = intentStatus;
    session.intent.lastError = null;
    if (intentStatus === "processing") return;
    session.paymentStatus = "paid";
    session.paidAt = seconds(clock);
  }

  function expireInTime(session: Session): void {
    scheduler.at(new Date(session.input.expiresAt * 1000), () => void upToDate(session));
  }
  // Sessions from before a restart.
  for (const session of sessions) expireInTime(session);

  return {
    all: () => sessions.map(upToDate),
    expire: (session) => expire(upToDate(session)),

    create(account, input, paymentLink) {
      const { client_reference_id: reference, metadata } = input.parameters;
      const id = `cs_test_a1${randomText(56)}`;
      const session: Session = {
        account,
        id,
        input,
        url: `${origin()}/c/pay/${id}`,
        orderNo: paymentLink === undefined ? (reference ?? metadata?.order_no ?? "") : "",
        paymentLink: paymentLink ?? null,
        status: "open",
        paymentStatus: "unpaid",
        createdAt: seconds(clock),
        paidAt: undefined,
        intent: {
          id: `pi_3${randomText(23)}`,
          chargeId: `ch_3${randomText(23)}`,
          methodId: `pm_1${randomText(23)}`,
          status: "requires_payment_method",
          lastError: null,
        },
        refunds: [],
        dispute: undefined,
      };
      sessions.push(session);
      expireInTime(session);
      return session;
    },

    find(account, id) {
      const session = sessions.find((one) => one.account === account && one.id === id);
      if (session) return upToDate(session);
      const details = { status: 404, code: "resource_missing", param: "session", executed: true };
      throw new StripeError(`No such checkout.session: ${id}`, details);
    },

    pay(session) {
      upToDate(session);
      const delayed = session.intent.status === "processing";
      if (session.status !== "open" && !delayed) throw notOpen(session, "paid");
      complete(session, "succeeded");
      const type = delayed ? "checkout.session.async_payment_succeeded" : "checkout.session.completed";
      emit(emitting, session, type, sessionObject(session));
    },

    start(session) {
      if (upToDate(session).status !== "open") throw notOpen(session, "started");
      complete(session, "processing");
      emit(emitting, session, "checkout.session.completed", sessionObject(session));
    },

    fail(session) {
      upToDate(session);
      const delayed = session.intent.status === "processing";
      if (session.status !== "open" && !delayed) throw notOpen(session, "failed");
      const message = "Your card was declined.";
      session.intent.status = "requires_payment_method";
      session.intent.lastError = {
        type: "card_error",
        code: "card_declined",
        decline_code: "generic_decline",
        message,
      };
      emit(emitting, session, "payment_intent.payment_failed", intentObject(session));
      if (delayed) emit(emitting, session, "checkout.session.async_payment_failed", sessionObject(session));
    },
  };
}

function notOpen(session: Session, action: string): StripeError {
  return new StripeError(
    `Only Checkout Sessions with a status in ["open"] can be ${action}. This Checkout Session has a status of \`${session.status}\`.`,
    { executed: true },
  );
}
