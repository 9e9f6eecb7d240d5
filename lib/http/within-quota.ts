import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { GatewayError } from "../errors.ts";
import type { Quota } from "../merchant/rate-limit.ts";
import { failed } from "./envelope.ts";
import { failureOf } from "./failure-of.ts";

type Answer = APIGatewayProxyStructuredResultV2;

/**
 * Answers a call that its quota allows, or refuses it before anything is done; both say what is left. `X-RateLimit-Reset`
 * counts seconds from now until all of `X-RateLimit-Limit` is there again, so that no clock of the caller matters;
 * `Retry-After` counts those until the next single call.
 */
export async function withinQuota(
  quota: Quota | null,
  requestId: string,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  if (quota === null) return answer();
  const { limit, remaining, resetSeconds, retryAfterSeconds } = quota;
  const given =
    // mutation: limit-refuses
    retryAfterSeconds === null
      ? await answer()
          // mutation: limit-failure-headers
          .catch((error) => failed(failureOf(error), requestId))
      : failed(refusal(limit, retryAfterSeconds), requestId);
  const told = {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(resetSeconds),
  };
  return { ...given, headers: { ...given.headers, ...told } };
}

function refusal(limit: number, retryAfterSeconds: number): GatewayError {
  const message = `too many requests: ${limit} of these a minute are allowed; send it again in ${retryAfterSeconds} s`;
  return new GatewayError("too_many_requests", message, { retryAfterSeconds });
}
