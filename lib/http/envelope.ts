import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { failures, GatewayError } from "../errors.ts";
import type { Quota } from "../limits/rate-limit.ts";
import { log, nameOf } from "../log.ts";
import { isTransient, unavailable } from "../transient.ts";

const headers = { "content-type": "application/json; charset=utf-8" };

/** Wraps a successful answer in the envelope. */
export function succeeded(data: unknown, requestId: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 200,
    headers,
    body: JSON.stringify({ code: 0, message: "success", data, request_id: requestId }),
  };
}

/** Wraps a failure in the envelope: its code and what to change; `cause` and stack never leave the function. */
export function failed(error: GatewayError, requestId: string): APIGatewayProxyStructuredResultV2 {
  const { code, http } = failures[error.failure];
  const { fields, orderNo, providerError, retryAfterSeconds } = error.details;
  const body = {
    code,
    message: error.message,
    ...(fields && { errors: fields }),
    ...(orderNo !== undefined && { order_no: orderNo }),
    ...(providerError && { provider_error: providerError }),
    request_id: requestId,
  };
  return {
    statusCode: http,
    headers: {
      ...headers,
      ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
    },
    body: JSON.stringify(body),
  };
}

/** For a path or method that is no route. A new error each time, so that its stack is the caller's. */
export function notFound(): GatewayError {
  return new GatewayError("not_found", "no such route: see the API reference for paths and methods");
}

/**
 * Turns anything thrown into the failure to answer. Errors are logged by class and code only, because their messages may
 * contain secrets.
 */
export function failureOf(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (isTransient(error)) return unavailable(error);
  log.alarm("unexpected failure", nameOf(error));
  return new GatewayError(
    "internal",
    // mutation: internal-error-message
    "an internal error: send the same request again, or report the request_id",
  );
}

/**
 * Runs a call that its quota allows, or refuses it before any work; both responses carry the rate-limit headers.
 * `X-RateLimit-Reset` is the number of seconds until the full `X-RateLimit-Limit` is available again (not a timestamp,
 * so the caller's clock does not matter); `Retry-After` is the number of seconds until the next single call.
 */
export async function withinQuota(
  quota: Quota | null,
  requestId: string,
  answer: () => Promise<APIGatewayProxyStructuredResultV2>,
): Promise<APIGatewayProxyStructuredResultV2> {
  if (quota === null) return answer();
  const { limit, remaining, resetSeconds, retryAfterSeconds } = quota;
  const base =
    // mutation: limit-refuses
    retryAfterSeconds === null
      ? await answer()
          // mutation: limit-failure-headers
          .catch((error) => failed(failureOf(error), requestId))
      : failed(refusal(limit, retryAfterSeconds), requestId);
  const rateHeaders = {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(resetSeconds),
  };
  return { ...base, headers: { ...base.headers, ...rateHeaders } };
}

function refusal(limit: number, retryAfterSeconds: number): GatewayError {
  const message = `too many requests: the limit is ${limit} a minute; send it again in ${retryAfterSeconds} s`;
  return new GatewayError("too_many_requests", message, { retryAfterSeconds });
}
