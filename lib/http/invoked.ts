import middy from "@middy/core";
import { inInvocation, namedFailure } from "./middlewares.ts";

/** Handler without HTTP: for a schedule, a subscription, a deployment or an operator's command. */
export function invoked<Event, Answer>(work: (event: Event) => Promise<Answer>) {
  return inInvocation<Event, Answer>(
    middy<Event, Answer>()
      .use(namedFailure<Event, Answer>())
      .handler((event) => work(event)),
  );
}
