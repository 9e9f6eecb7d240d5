/**
 * Every failure the gateway reports to a caller, with its code, its HTTP status and, if a repeat may succeed, the seconds
 * to wait before it.
 * The only list: types, responses and documents derive from it.
 */
export const failures = {
  internal: { code: 1000, http: 500 },
  unavailable: { code: 1000, http: 503, retryAfterSeconds: 2 },
  invalid_parameter: { code: 1001, http: 400 },
  unauthorised: { code: 1002, http: 401 },
  forbidden: { code: 1003, http: 403 },
  not_found: { code: 1004, http: 404 },
  conflict: { code: 1005, http: 409 },
  too_many_requests: { code: 1006, http: 429 },
  create_refused: { code: 2000, http: 402 },
  create_not_accepted: { code: 2000, http: 502 },
  create_unknown: { code: 2000, http: 504, retryAfterSeconds: 2 },
  look_up_failed: { code: 2001, http: 502 },
  notification_malformed: { code: 2002, http: 400 },
  notification_refused: { code: 2002, http: 401 },
  refund_refused: { code: 2003, http: 402 },
  refund_not_accepted: { code: 2003, http: 502 },
  refund_unknown: { code: 2003, http: 504, retryAfterSeconds: 2 },
  close_not_possible: { code: 2004, http: 409 },
  close_failed: { code: 2004, http: 502, retryAfterSeconds: 5 },
  provider_not_found: { code: 2005, http: 400 },
  config_not_found: { code: 2006, http: 400 },
  order_not_found: { code: 2007, http: 404 },
  order_status: { code: 2008, http: 409 },
  amount_not_allowed: { code: 2009, http: 400 },
} as const satisfies Record<string, FailureKind>;

type FailureKind = { code: number; http: number; retryAfterSeconds?: number };

export type Failure = keyof typeof failures;

/** One field of a request and what to change about it. */
export type FieldError = { field: string; message: string };

/** A provider's own error code and message, safe to show to the merchant. */
export type ProviderError = { code: string; message: string };

export type FailureDetails = {
  fields?: FieldError[];
  /** Sent as `Retry-After` instead of the failure's own. */
  retryAfterSeconds?: number;
  orderNo?: string;
  providerError?: ProviderError;
  /** Never shown to a caller; logged by its class and code only. */
  cause?: unknown;
};

/** The only error class whose message reaches a caller. The message says what to change. */
export class GatewayError extends Error {
  readonly failure: Failure;
  readonly details: FailureDetails;

  constructor(failure: Failure, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "GatewayError";
    this.failure = failure;
    const { retryAfterSeconds }: FailureKind = failures[failure];
    this.details = { ...(retryAfterSeconds !== undefined && { retryAfterSeconds }), ...details };
  }
}

/** Another call for the same payment or refund is under way: it has an answer within a second. */
export function callUnderWay(): GatewayError {
  return new GatewayError("unavailable", "please send the same request again", { retryAfterSeconds: 1 });
}
