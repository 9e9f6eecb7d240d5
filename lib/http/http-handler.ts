import middy, { type MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { log, nameOf } from "../log.ts";
import { logCall } from "./api-call-line.ts";
import { failed, failureOf } from "./envelope.ts";
import { alwaysHeaders } from "./headers.ts";
import { inInvocation } from "./invoked.ts";

type HttpEvent = APIGatewayProxyEventV2;
type HttpAnswer = APIGatewayProxyStructuredResultV2;
type Internal = { begun: number };
type HttpMiddleware = MiddlewareObj<HttpEvent, HttpAnswer, Error, Context, Internal>;

/** Logs one line per call, with its duration. A failure to log must not fail the call. */
function callLog(): HttpMiddleware {
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
function defaultHeaders(): HttpMiddleware {
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
function failureAnswer(refuse = failed): HttpMiddleware {
  return {
    onError: (request) => {
      request.response = refuse(failureOf(request.error), request.event.requestContext.requestId);
    },
  };
}

/** API Gateway always sends headers; an event from the Lambda console or a test may lack them. */
function headersPresent(): HttpMiddleware {
  return {
    before: ({ event }) => {
      // mutation: event-without-headers
      event.headers ??= {};
    },
  };
}

/** Handler of any HTTP function. `refuse` replaces our envelope for failures. */
export function httpHandler(handle: (event: HttpEvent) => Promise<HttpAnswer>, refuse?: typeof failed) {
  const handler = middy<HttpEvent, HttpAnswer>()
    .use([callLog(), defaultHeaders(), failureAnswer(refuse), headersPresent()])
    .handler(handle);
  return inInvocation<HttpEvent, HttpAnswer>(handler, ({ requestContext }) => requestContext.requestId);
}
