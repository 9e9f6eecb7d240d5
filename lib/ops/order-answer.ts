import { seenAnswer } from "../http/payment-mapping.ts";
import type { SeenPayment } from "../payments/query-payment.ts";
import { withoutQuery } from "./without-query.ts";

/** A payment as operators see it: the merchant's view without link and QR code, plus the gateway's internal state. */
export function orderAnswer(seen: SeenPayment) {
  const { payment } = seen;
  const { payment_url: _, qr_code: __, ...answer } = seenAnswer(seen);
  return {
    ...answer,
    user_id: payment.userId,
    config_id: payment.configId,
    provider_account: payment.providerAccount,
    state: payment.state,
    made: payment.payable !== null,
    refusal: payment.refusal,
    notify_url: withoutQuery(payment.notifyUrl),
    return_url: withoutQuery(payment.returnUrl),
    refund_reserved_minor: payment.reservedMinor,
    close_requested: payment.closeRequested,
    provider_started: payment.state === "in_transit",
    capturing: payment.state === "capturing",
    look_ups: payment.pollCount,
    next_query_at: payment.nextPollAt,
  };
}

/** A payment as the list command prints it. */
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
