import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type * as z from "zod";
import type { Caller } from "../domain/caller.ts";
import { withInvocation } from "../invocation.ts";
import type { RateLimit } from "../limits/rate-limit.ts";
import { log, nameOf } from "../log.ts";
import type { Authenticate } from "../merchants/authenticate.ts";
import { alwaysHeaders } from "./always-headers.ts";
import { logCall } from "./api-call-line.ts";
import type { Contract } from "./contract.ts";
import { failed, notFound, succeeded } from "./envelope.ts";
import { failureOf } from "./failure-of.ts";
import { parseInput } from "./parse-input.ts";
import { sourceNetwork } from "./source-network.ts";
import { withinQuota } from "./within-quota.ts";

/** The parts of the gateway that every route needs. */
export type ServingGateway = { authenticate: Authenticate; rateLimit: RateLimit };

/** One route: its contract and the use case behind it. */
export type Endpoint<Gateway> = {
  contract: Contract;
  run(gateway: Gateway, caller: Caller, input: unknown): Promise<unknown>;
};

export function endpoint<Gateway, Input extends z.ZodObject, Answer extends z.ZodType>(
  contract: Contract<Input, Answer>,
  run: (gateway: Gateway, caller: Caller, input: z.output<Input>) => Promise<z.input<Answer>>,
): Endpoint<Gateway> {
  return { contract, run: (gateway, caller, input) => run(gateway, caller, input as z.output<Input>) };
}

type Event = APIGatewayProxyEventV2;
type Answer = APIGatewayProxyStructuredResultV2;

/**
 * Handler of a function that serves these routes: authenticate, rate-limit, parse, run the use case, wrap the answer.
 */
export function serve<Gateway extends ServingGateway>(
  open: () => Gateway,
  ...endpoints: Endpoint<Gateway>[]
) {
  const handle = async (event: Event): Promise<Answer> => {
    const found = endpoints.find(({ contract }) => contract.route === event.routeKey);
    if (!found) throw notFound();
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
      const input = parseInput(found.contract, event);
      const answer = found.contract.answer.parse(await found.run(gateway, caller, input));
      return succeeded(answer, requestId);
    });
  };
  return wrapped(handle);
}

/**
 * Wraps every HTTP function: sets request id and deadline, logs one line, turns errors into a response (by default our
 * envelope; `refuse` replaces it), and adds the default headers.
 */
export function wrapped(handle: (event: Event) => Promise<Answer>, refuse = failed) {
  const guarded = middy<Event, Answer>()
    .use({
      before: ({ event }) => {
        // API Gateway always sends headers; an event from the Lambda console or a test may lack them.
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

/** A failure to log must not fail the call. */
function logged(...call: Parameters<typeof logCall>): void {
  try {
    logCall(...call);
  } catch (error) {
    // mutation: call-line-failure
    log.alarm("call not logged", nameOf(error));
  }
}
