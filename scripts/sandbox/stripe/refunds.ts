import { randomText } from "../kernel/random.ts";
import type { Keep } from "../kernel/stored-state.ts";
import type { StripeAccount } from "./accounts.ts";
import { disputeObject } from "./dispute.ts";
import { type Emitting, emit, seconds } from "./events.ts";
import { chargeObject } from "./intent.ts";
import type { Dispute, Refund, RefundStatus, Session } from "./records.ts";
import { refundedMinor, refundObject } from "./refund.ts";
import type { RefundInput } from "./refund-parameters.ts";

import type { Sessions } from "./sessions.ts";
import { StripeError } from "./stripe-error.ts";

/** A refund with its session. */
export type Refunded = { session: Session; refund: Refund };

/** The only place where payments are refunded. */
export type Refunds = {
  create(account: StripeAccount, input: RefundInput): Refunded;
  find(account: StripeAccount, id: string): Refunded;
  /** Oldest first. */
  all(): Refunded[];
  /** Sets the status of the next refund; the default is succeeded. */
  planNext(status: RefundStatus): void;
  /** Changes the status of a refund; a succeeded one may still fail (docs.stripe.com/refunds#failed-refunds). */
  settle(refunded: Refunded, status: RefundStatus): void;
  dispute(session: Session): void;
  closeDispute(session: Session, status: "won" | "lost"): void;
};

/** Stripe's refunds and disputes. Refusals are thrown as `StripeError`. */
export function createRefunds(emitting: Emitting, sessions: Sessions, keep: Keep): Refunds {
  const { clock } = emitting;
  const inOrder = keep<Refunded[]>("refunds", []);
  let next: RefundStatus = "succeeded";

  function meant(account: StripeAccount, { intentId, chargeId }: RefundInput): Session {
    const session = sessions
      .all()
      .find(
        ({ account: owner, intent }) =>
          owner === account &&
          (intentId === undefined || intent.id === intentId) &&
          (chargeId === undefined || intent.chargeId === chargeId),
      );
    if (session) return session;
    const [what, param] =
      intentId === undefined ? ["charge", "charge"] : ["payment_intent", "payment_intent"];
    const details = { status: 404, code: "resource_missing", param, executed: true };
    throw new StripeError(`No such ${what}: '${intentId ?? chargeId}'`, details);
  }

  return {
    all: () => inOrder,

    create(account, input) {
      const session = meant(account, input);
      const { reason = null, metadata = {} } = input;
      const amount = refundable(session, input.amount);
      const id = `re_3${randomText(23)}`;
      const refund: Refund = { id, amount, status: next, reason, metadata, createdAt: seconds(clock) };
      next = "succeeded";
      session.refunds.push(refund);
      const refunded = { session, refund };
      inOrder.push(refunded);
      emit(emitting, session, "refund.created", refundObject(session, refund));
      if (refund.status === "failed") emit(emitting, session, "refund.failed", refundObject(session, refund));
      else emit(emitting, session, "charge.refunded", chargeObject(session));
      return refunded;
    },

    find(account, id) {
      const found = inOrder.find(({ session, refund }) => session.account === account && refund.id === id);
      if (found) return found;
      const details = { status: 404, code: "resource_missing", param: "id", executed: true };
      throw new StripeError(`No such refund: '${id}'`, details);
    },

    planNext(status) {
      next = status;
    },

    settle({ session, refund }, status) {
      refund.status = status;
      emit(emitting, session, "refund.updated", refundObject(session, refund));
      if (status === "failed") emit(emitting, session, "refund.failed", refundObject(session, refund));
    },

    dispute(session) {
      if (session.paymentStatus !== "paid" || session.dispute) {
        throw new StripeError("Only a paid charge can be disputed, and only once.");
      }
      const dispute: Dispute = {
        id: `du_1${randomText(23)}`,
        status: "needs_response",
        createdAt: seconds(clock),
      };
      session.dispute = dispute;
      emit(emitting, session, "charge.dispute.created", disputeObject(session, dispute));
    },

    closeDispute(session, status) {
      if (session.dispute?.status !== "needs_response") throw new StripeError("There is no open dispute.");
      session.dispute.status = status;
      emit(emitting, session, "charge.dispute.closed", disputeObject(session, session.dispute));
    },
  };
}

/** The amount to refund, in minor units. Throws Stripe's refusal when the refund is not possible. */
function refundable(
  { intent, input, refunds, paymentStatus, dispute }: Session,
  requested: number | undefined,
) {
  const executed = true;
  if (paymentStatus !== "paid") {
    const message = `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`;
    throw new StripeError(message, { executed });
  }
  if (dispute && dispute.status !== "won") {
    const message = `Charge ${intent.chargeId} has been charged back; cannot issue a refund.`;
    throw new StripeError(message, { code: "charge_disputed", executed });
  }
  const left = input.amount - refundedMinor(refunds);
  if (left === 0) {
    const message = `Charge ${intent.chargeId} has already been refunded.`;
    throw new StripeError(message, { code: "charge_already_refunded", executed });
  }
  if (requested !== undefined && requested > left) {
    const message = `Refund amount (${requested}) is greater than unrefunded amount on charge (${left})`;
    throw new StripeError(message, { param: "amount", executed });
  }
  return requested ?? left;
}
