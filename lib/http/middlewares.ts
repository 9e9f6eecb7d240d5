import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { withInvocation } from "../invocation.ts";
import { log, nameOf } from "../log.ts";
import { logCall } from "./api-call-line.ts";
import { failed, failureOf } from "./envelope.ts";
import { alwaysHeaders } from "./headers.ts";

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpAnswer = APIGatewayProxyStructuredResultV2;
type Internal = { begun: number };
type HttpMiddleware = MiddlewareObj<HttpEvent, HttpAnswer, Error, Context, Internal>;

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

/** Logs one line per call, with its duration. A failure to log must not fail the call. */
export function callLog(): HttpMiddleware {
  const logged: HttpMiddleware["after"] = ({ event, response, internal }) => {
    try {
      logCall(event, response ?? {}, Math.round(performance.now() - internal.begun));
    } catch (error) {
      // mutation: call-line-failure
      log.alarm("call not logged", nameOf(error));
    }
  };
  return {
    before: ({ internal }) => {
      internal.begun = performance.now();
    },
    after: logged,
    onError: logged,
  };
}

/** Adds the default headers to answers and failures; the answer's own come first. */
export function defaultHeaders(): HttpMiddleware {
  const added: HttpMiddleware["after"] = (request) => {
    const { requestId } = request.event.requestContext;
    request.response = {
      ...request.response,
      headers: {
        /* mutation: answer-safe-headers */ ...alwaysHeaders(requestId),
        ...request.response?.headers,
      },
    };
  };
  return { after: added, onError: added };
}

/** Turns what was thrown into a response: our envelope, or what `refuse` makes of it. */
export function failureAnswer(refuse = failed): HttpMiddleware {
  return {
    onError: (request) => {
      request.response = refuse(failureOf(request.error), request.event.requestContext.requestId);
    },
  };
}

/** API Gateway always sends headers; an event from the Lambda console or a test may lack them. */
export function headersPresent(): HttpMiddleware {
  return {
    before: ({ event }) => {
      // mutation: event-without-headers
      event.headers ??= {};
    },
  };
}
