import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type * as z from "zod";
import { withInvocation } from "../invocation.ts";
import { log, nameOf } from "../log.ts";
import type { Authenticate } from "../merchant/authenticate.ts";
import type { RateLimit } from "../merchant/rate-limit.ts";
import type { Caller } from "../payment/ports.ts";
import { alwaysHeaders } from "./always-headers.ts";
import { logCall } from "./call-line.ts";
import type { Contract } from "./contract.ts";
import { failed, notFound, succeeded } from "./envelope.ts";
import { failureOf } from "./failure-of.ts";
import { readWanted } from "./read-wanted.ts";
import { sourceNetwork } from "./source-network.ts";
import { withinQuota } from "./within-quota.ts";

/** What every route needs of the gateway. */
export type ServingGateway = { authenticate: Authenticate; rateLimit: RateLimit };

/** One route: its contract and the use case behind it. */
export type Endpoint<Gateway> = {
  contract: Contract;
  run(gateway: Gateway, caller: Caller, wanted: unknown): Promise<unknown>;
};

export function endpoint<Gateway, Wanted extends z.ZodObject, Answer extends z.ZodType>(
  contract: Contract<Wanted, Answer>,
  run: (gateway: Gateway, caller: Caller, wanted: z.output<Wanted>) => Promise<z.input<Answer>>,
): Endpoint<Gateway> {
  return { contract, run: (gateway, caller, wanted) => run(gateway, caller, wanted as z.output<Wanted>) };
}

type Event = APIGatewayProxyEventV2;
type Answer = APIGatewayProxyStructuredResultV2;

/** A function that serves these routes: who calls, what they want, the use case, the envelope. */
export function serve<Gateway extends ServingGateway>(
  open: () => Gateway,
  ...endpoints: Endpoint<Gateway>[]
) {
  const handle = async (event: Event): Promise<Answer> => {
    const found = endpoints.find(({ contract }) => contract.route === event.routeKey);
    if (!found) throw notFound;
    const gateway = open();
    const { requestId, http } = event.requestContext;
    const { scope, limit = "calls" } = found.contract;
    const caller = await gateway.authenticate(
      event.headers["x-api-key"],
      scope,
      // mutation: key-failures-source
      sourceNetwork(http.sourceIp),
    );
    const quota = await gateway.rateLimit(caller, limit);
    return withinQuota(quota, requestId, async () => {
      const wanted = readWanted(found.contract, event);
      const answer = found.contract.answer.parse(await found.run(gateway, caller, wanted));
      return succeeded(answer, requestId);
    });
  };
  return wrapped(handle);
}

/**
 * What every HTTP function has around it: the invocation's bounds, one log line, failures in the envelope (or as `refuse`
 * words them), the headers of every answer.
 */
export function wrapped(handle: (event: Event) => Promise<Answer>, refuse = failed) {
  const guarded = middy<Event, Answer>()
    .use({
      before: ({ event }) => {
        // Of a request there are always some; an event that was made by hand may lack them.
        // mutation: event-without-headers
        event.headers ??= {};
      },
      onError: (request) => {
        request.response = refuse(failureOf(request.error), request.event.requestContext.requestId);
      },
    })
    .handler(handle);
  return (event: Event, context: Context): Promise<Answer> => {
    const { requestId } = event.requestContext;
    return withInvocation({ requestId, remainingMs: () => context.getRemainingTimeInMillis() }, async () => {
      const begun = performance.now();
      const answer = await guarded(event, context);
      logged(event, answer, Math.round(performance.now() - begun));
      return {
        ...answer,
        headers: { /* mutation: answer-safe-headers */ ...alwaysHeaders(requestId), ...answer.headers },
      };
    });
  };
}

/** A line that cannot be written costs nobody an answer. */
function logged(...call: Parameters<typeof logCall>): void {
  try {
    logCall(...call);
  } catch (error) {
    // mutation: call-line-failure
    log.alarm("call not logged", nameOf(error));
  }
}
