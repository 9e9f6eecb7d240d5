import type { Context } from "aws-lambda";
import { withInvocation } from "../invocation.ts";
import { log, nameOf } from "../log.ts";
import { isTransient, temporarilyUnavailable } from "../transient.ts";

/**
 * Runs a handler with the request id and deadline of its invocation. Around all middlewares instead of being one: the
 * context of `AsyncLocalStorage` begins and ends with a function call.
 */
export function inInvocation<Event, Answer>(
  handler: (event: Event, context: Context) => Promise<Answer>,
  requestIdOf: (event: Event, context: Context) => string = (_event, { awsRequestId }) => awsRequestId,
) {
  return (event: Event, context: Context): Promise<Answer> => {
    const remainingMs = () => context.getRemainingTimeInMillis();
    return withInvocation({ requestId: requestIdOf(event, context), remainingMs }, () =>
      handler(event, context),
    );
  };
}

/**
 * Handler without HTTP: for a schedule, a subscription, a deployment or an operator's command. Lambda logs a thrown
 * error with its message and fields, and database errors repeat values in theirs, so the error is rethrown with class
 * and code only. No middleware can do that: middy attaches the first error to the one that `onError` throws.
 */
export function invoked<Event, Answer>(work: (event: Event) => Promise<Answer>) {
  return inInvocation<Event, Answer>(async (event) => {
    try {
      return await work(event);
    } catch (error) {
      // mutation: platform-error-words
      const failure = nameOf(error);
      if (isTransient(error)) log.warn(temporarilyUnavailable, failure);
      else log.alarm("unexpected failure", failure);
      throw new Error([failure.error, failure.error_code].filter(Boolean).join(" "));
    }
  });
}
