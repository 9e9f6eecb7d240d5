import { seenAnswer } from "../http/payment-answers.ts";
import type { SeenPayment } from "../payment/query-payment.ts";
import { withoutQuery } from "./without-query.ts";

/** A payment as an operator sees it: what its merchant sees but the means to pay it, and what only we know. */
export function orderAnswer(seen: SeenPayment) {
  const { payment } = seen;
  const { payment_url: _, qr_code: __, ...answer } = seenAnswer(seen);
  return {
    ...answer,
    user_id: payment.userId,
    config_id: payment.configId,
    provider_account: payment.providerAccount,
    made: payment.payable !== null,
    refusal: payment.refusal,
    notify_url: withoutQuery(payment.notifyUrl),
    return_url: withoutQuery(payment.returnUrl),
    refund_reserved_minor: payment.reservedMinor,
    close_requested: payment.closeRequested,
    provider_started: payment.providerStarted,
    capturing: payment.captureKey !== null,
    look_ups: payment.lookUps,
    next_query_at: payment.nextQueryAt,
  };
}

/** One line of a list. */
export function orderLine(seen: SeenPayment) {
  const { order_no, out_trade_no, provider, status, amount, currency, trade_no, created_at, notify_status } =
    seenAnswer(seen);
  const { userId: user_id } = seen.payment;
  return {
    order_no,
    user_id,
    out_trade_no,
    provider,
    status,
    amount,
    currency,
    trade_no,
    created_at,
    notify_status,
  };
}
