import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { GatewayError } from "../errors.ts";
import type { Quota } from "../limits/rate-limit.ts";
import { failed } from "./envelope.ts";
import { failureOf } from "./failure-of.ts";

type Answer = APIGatewayProxyStructuredResultV2;

/**
 * Runs a call that its quota allows, or refuses it before any work; both responses carry the rate-limit headers.
 * `X-RateLimit-Reset` is the number of seconds until the full `X-RateLimit-Limit` is available again (not a timestamp,
 * so the caller's clock does not matter); `Retry-After` is the number of seconds until the next single call.
 */
export async function withinQuota(
  quota: Quota | null,
  requestId: string,
  answer: () => Promise<Answer>,
): Promise<Answer> {
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
