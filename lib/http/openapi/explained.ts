import type { Failure, FailureDetails } from "../../errors.ts";
import { example, providers } from "../../providers/registry.ts";
import { exampleOrder } from "../payment-answer.ts";

type Explained = { means: string; message: string; details?: FailureDetails };

const wrong = (field: string, message: string): Omit<Explained, "means"> => ({
  message: `${field}: ${message}`,
  details: { fields: [{ field, message }] },
});
const { order_no: orderNo } = exampleOrder;
const { provider, refusedPayment, refusedRefund, notAccepted } = example;

/** Meaning of every failure, with an example of its message and details. */
export const explained: Record<Failure, Explained> = {
  internal: {
    means: "an internal error",
    message: "an internal error: send the same request again, or report the request_id",
  },
  unavailable: {
    means: "temporarily unavailable: send the same request again",
    message: "not available right now: send the same request again",
  },
  invalid_parameter: {
    means: "the request is invalid: `errors` names every invalid field",
    ...wrong("out_trade_no", "1 to 64 of 0-9 A-Z a-z _ -"),
  },
  unauthorised: { means: "no valid API key", message: "send your API key in the X-API-Key header" },
  forbidden: {
    means: "the key lacks the scope, or the merchant is disabled",
    message: 'the API key lacks the scope "refund"',
  },
  not_found: { means: "no such route or refund", message: "no such refund" },
  conflict: {
    means: "the number was already used with other content: `errors` names the fields that differ",
    message: "out_trade_no was used with another amount: send the same content, or a new out_trade_no",
    details: {
      fields: [{ field: "amount", message: "differs from the first request with this out_trade_no" }],
      orderNo,
    },
  },
  too_many_requests: {
    means: "too many requests of the merchant, or too many failed requests from one address",
    message: "too many requests: the limit is 100 a minute; send it again in 1 s",
    details: { retryAfterSeconds: 1 },
  },
  create_refused: {
    means: "the provider refused the payment for good: use a new `out_trade_no`",
    message: `${provider} refused this payment (${refusedPayment.code}): correct it and use a new out_trade_no`,
    details: { orderNo, providerError: refusedPayment },
  },
  create_not_accepted: {
    means: "the provider rejected the credentials or limits the rate: check the config and send it again",
    message: `${provider} did not accept the request (${notAccepted.code}): check the config, then send the same request again`,
    details: { orderNo, providerError: notAccepted },
  },
  create_unknown: {
    means: "the outcome is unknown: send the same request again; it never creates a second payment",
    message: `no clear answer from ${provider} yet: send the same request again`,
    details: { orderNo },
  },
  look_up_failed: {
    means: "fetching the state from the provider failed (operators only)",
    message: `fetching the payment from ${provider} failed: time-out`,
  },
  notification_malformed: {
    means: "the body of a provider's webhook cannot be parsed",
    message: `the body is not a ${providers[provider]?.title} event`,
  },
  notification_refused: {
    means: "the signature of a provider's webhook is not valid",
    message: "the signature is not valid",
  },
  refund_refused: {
    means: "the provider refused the refund for good: use a new `refund_no`",
    message: `${provider} refused this refund (${refusedRefund.code}): correct it and use a new refund_no`,
    details: { orderNo, providerError: refusedRefund },
  },
  refund_not_accepted: {
    means: "the provider does not accept the refund for now: remove the cause, then send it again",
    message: `${provider} did not accept the request (${notAccepted.code}): check the config, then send it again`,
    details: { orderNo, providerError: notAccepted },
  },
  refund_unknown: {
    means: "the outcome is unknown: send the same request again; it never refunds twice",
    message: `no clear answer from ${provider} yet: send the same request again`,
    details: { orderNo },
  },
  close_not_possible: {
    means: "the provider cannot close the payment now",
    message: "not possible now: link valid until 2026-01-31T02:00:00.000Z",
    details: { orderNo },
  },
  close_failed: {
    means: "the outcome of the close is unknown",
    message: `no clear answer from ${provider}: it will be closed when possible; query it, or try again`,
    details: { orderNo },
  },
  provider_not_found: { means: "no such provider", ...wrong("provider", "unknown provider") },
  config_not_found: {
    means: "the merchant's config at the provider is missing, incomplete or ambiguous",
    message: `no active ${provider} config: set one up first`,
  },
  order_not_found: { means: "no such order", message: "no such order" },
  order_status: {
    means: "the order's status does not allow this",
    message: "this payment is closed: use a new out_trade_no",
    details: { orderNo },
  },
  amount_not_allowed: {
    means: "the amount or the currency is not allowed",
    ...wrong("amount", "CNY takes at most 2 decimal places"),
  },
};
