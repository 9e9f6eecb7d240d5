import type { Context } from "aws-lambda";
import { withInvocation } from "../invocation.ts";
import { log, nameOf } from "../log.ts";

/**
 * Runs what the platform calls without HTTP: a schedule, a subscription, a deployment, an operator's call. What it throws
 * the platform writes to the log as it is, with its message, in which a database repeats values: so a failure goes on by
 * its class and code only.
 */
export function invoked<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const remainingMs = () => context.getRemainingTimeInMillis();
  return withInvocation({ requestId: context.awsRequestId, remainingMs }, async () => {
    try {
      return await work();
    } catch (error) {
      // mutation: platform-error-words
      const failure = nameOf(error);
      log.alarm("unexpected failure", failure);
      throw new Error([failure.error, failure.error_code].filter(Boolean).join(" "));
    }
  });
}
