import { log, nameOf } from "../log.ts";
import { inInvocation } from "./middlewares.ts";

/**
 * Handler without HTTP: for a schedule, a subscription, a deployment or an operator's command. Lambda logs a thrown
 * error with its message, and database errors repeat values in theirs: the error is rethrown with class and code only.
 * Not a middleware, because middy attaches the original error to the one that replaces it.
 */
export function invoked<Event, Answer>(work: (event: Event) => Promise<Answer>) {
  return inInvocation(async (event: Event) => {
    try {
      return await work(event);
    } catch (error) {
      // mutation: platform-error-words
      const failure = nameOf(error);
      log.alarm("unexpected failure", failure);
      throw new Error([failure.error, failure.error_code].filter(Boolean).join(" "));
    }
  });
}
