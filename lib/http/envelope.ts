import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { failures, GatewayError } from "../errors.ts";

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
  const { fields, orderNo, providerError } = error.details;
  // `unavailable` is always transient, so the response always says when to retry.
  const retryAfterSeconds =
    error.details.retryAfterSeconds ?? (error.failure === "unavailable" ? 2 : undefined);
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
