import type { Context } from "aws-lambda";
import { withInvocation } from "../invocation.ts";
import { log, nameOf } from "../log.ts";

/**
 * Runs an invocation without HTTP: a schedule, a subscription, a deployment or an operator command. Lambda logs a
 * thrown error with its message, and database errors repeat values in theirs, so the error is rethrown with class and
 * code only.
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
