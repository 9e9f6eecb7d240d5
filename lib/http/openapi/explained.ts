import type { Failure, FailureDetails } from "../../errors.ts";
import { example } from "./examples.ts";

type Explained = { means: string; message: string; details?: FailureDetails };

const wrong = (field: string, message: string): Omit<Explained, "means"> => ({
  message: `${field}: ${message}`,
  details: { fields: [{ field, message }] },
});
const { order_no: orderNo } = example.payment;
const providerError = { code: "ACQ.TRADE_HAS_CLOSE", message: "交易已经关闭" };

/** Every failure in words, with what a caller is told, for example. */
export const explained: Record<Failure, Explained> = {
  internal: {
    means: "an internal error",
    message: "an internal error: send the same request again, or report the request_id",
  },
  unavailable: {
    means: "not available right now: send the same request again",
    message: "not available right now: send the same request again",
    details: { retryAfterSeconds: 2 },
  },
  invalid_parameter: {
    means: "something about the request is wrong: `errors` names every field",
    ...wrong("out_trade_no", "1 to 64 of 0-9 A-Z a-z _ -"),
  },
  unauthorised: { means: "no valid API key", message: "send your API key in the X-API-Key header" },
  forbidden: {
    means: "the key lacks the scope, or the merchant is disabled",
    message: 'the API key lacks the scope "refund"',
  },
  not_found: { means: "no such route or refund", message: "no such refund" },
  conflict: {
    means: "the same number was used with other content: `errors` names the fields that differ",
    message: "out_trade_no was used with another amount: send the same content, or a new out_trade_no",
    details: {
      fields: [{ field: "amount", message: "differs from the first request with this out_trade_no" }],
      orderNo,
    },
  },
  too_many_requests: {
    means: "too many requests: of the merchant, or too many failed ones from one address",
    message: "too many requests: 100 of these a minute are allowed; send it again in 1 s",
    details: { retryAfterSeconds: 1 },
  },
  create_refused: {
    means: "the provider refused the payment for good: use a new `out_trade_no`",
    message: "alipay refused this payment (ACQ.TRADE_HAS_CLOSE): correct it and use a new out_trade_no",
    details: { orderNo, providerError },
  },
  create_not_accepted: {
    means: "the provider did not accept our credentials, or limits us: check the config and send it again",
    message:
      "stripe did not accept the request (rate_limit): check the config, then send the same request again",
    details: { orderNo, providerError: { code: "rate_limit", message: "Too many requests" } },
  },
  create_unknown: {
    means: "the provider gave no clear answer: send the same request again, it never pays twice",
    message: "no clear answer from alipay yet: send the same request again",
    details: { orderNo, retryAfterSeconds: 2 },
  },
  look_up_failed: {
    means: "the provider gave no clear answer to a look-up (operators only)",
    message: "the look-up at alipay failed: time-out",
  },
  notification_malformed: {
    means: "a provider's webhook that cannot be read",
    message: "the body is no PayPal event",
  },
  notification_refused: {
    means: "a provider's webhook whose signature is not valid",
    message: "the signature is not valid",
  },
  refund_refused: {
    means: "the provider refused the refund for good: use a new `refund_no`",
    message: "alipay refused this refund (ACQ.TRADE_HAS_CLOSE): correct it and use a new refund_no",
    details: { orderNo, providerError },
  },
  refund_not_accepted: {
    means: "the provider did not accept the refund yet: check the config and send it again",
    message: "stripe did not accept the request (rate_limit): check the config, then send it again",
    details: { orderNo, providerError: { code: "rate_limit", message: "Too many requests" } },
  },
  refund_unknown: {
    means: "the provider gave no clear answer: send the same request again, it never refunds twice",
    message: "no clear answer from alipay yet: send the same request again",
    details: { orderNo, retryAfterSeconds: 2 },
  },
  close_not_possible: {
    means: "the provider cannot close it now",
    message: "not possible now: link valid until 2026-01-31T02:00:00.000Z",
    details: { orderNo },
  },
  close_failed: {
    means: "the provider gave no clear answer to a close",
    message: "no clear answer from wechat: it will be closed when possible; query it, or try again",
    details: { orderNo, retryAfterSeconds: 5 },
  },
  provider_not_found: { means: "no such provider", ...wrong("provider", "unknown provider") },
  config_not_found: {
    means: "the merchant's config at the provider is missing, incomplete or ambiguous",
    message: "no active alipay config: set one up first",
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
