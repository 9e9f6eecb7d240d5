import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { failures, GatewayError } from "../errors.ts";

const headers = { "content-type": "application/json; charset=utf-8" };

/** The one envelope of every answer. */
export function succeeded(data: unknown, requestId: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 200,
    headers,
    body: JSON.stringify({ code: 0, message: "success", data, request_id: requestId }),
  };
}

/** A failure as its caller sees it: code, what to change, never an internal. */
export function failed(error: GatewayError, requestId: string): APIGatewayProxyStructuredResultV2 {
  const { code, http } = failures[error.failure];
  const { fields, orderNo, providerError } = error.details;
  // A retry will help, so that the caller is always told when.
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

export const notFound = new GatewayError(
  "not_found",
  "no such route: see the API reference for paths and methods",
);
