import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import type { Assembly } from "./assembly.ts";
import type { HostClock } from "./clock.ts";
import type { LambdaFunction } from "./execution-environment.ts";
import type { Functions } from "./lambda-functions.ts";
import { type HttpAnswer, httpAnswer, proxyEvent, splitTarget } from "./payload.ts";
import { readProperties } from "./read-properties.ts";
import type { Resolve } from "./resolve.ts";
import { createRouteTable, type Route } from "./route-table.ts";

/** A function behind a route, and for how long API Gateway waits for it. */
export type Integration = { lambda: LambdaFunction; timeoutMs: number; apiId: string };

/** API Gateway's limit for one request's body, in bytes. */
const bodyLimit = 10 * 1024 * 1024;
/** API Gateway's limit, and default, for one integration. */
const integrationLimitMs = 30_000;

const routeSchema = z.object({ ApiId: z.string(), RouteKey: z.string(), Target: z.string() });
const integrationSchema = z.object({
  IntegrationType: z.literal("AWS_PROXY"),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal("2.0"),
  TimeoutInMillis: z.int().max(integrationLimitMs).default(integrationLimitMs),
});
const stageSchema = z.object({ StageName: z.literal("$default") });

/** The routes of the template's HTTP API with the functions behind them. */
export function readRoutes(assembly: Assembly, resolve: Resolve, functions: Functions): Route<Integration>[] {
  if (assembly.ofType("AWS::ApiGatewayV2::Api").length > 1) throw new Error("Only one HTTP API is served");
  for (const stage of assembly.ofType("AWS::ApiGatewayV2::Stage")) {
    readProperties(stage, stageSchema, resolve);
  }
  const integrations = assembly.ofType("AWS::ApiGatewayV2::Integration");
  return assembly.ofType("AWS::ApiGatewayV2::Route").map((resource) => {
    const route = readProperties(resource, routeSchema, resolve);
    const id = route.Target.replace(/^integrations\//, "");
    const found = integrations.find((one) => one.stack === resource.stack && one.logicalId === id);
    if (found === undefined)
      throw new Error(`${route.RouteKey} targets ${route.Target}, which does not exist`);
    const { IntegrationUri, TimeoutInMillis } = readProperties(found, integrationSchema, resolve);
    const target = { lambda: functions.find(IntegrationUri), timeoutMs: TimeoutInMillis, apiId: route.ApiId };
    return { key: route.RouteKey, target };
  });
}

/** Answers one request; the body has been read. */
export type Serve = (request: IncomingMessage, body: Buffer) => Promise<HttpAnswer>;

/** Serves routes as API Gateway's HTTP API does, with its answers when there is no route or the function fails. */
export function serveRoutes(
  routes: readonly Route<Integration>[],
  functions: Functions,
  clock: HostClock,
  log: (line: string) => void,
): Serve {
  const match = createRouteTable(routes);
  return async (request, body) => {
    const requestId = newRequestId();
    const answered = (answer: HttpAnswer): HttpAnswer => ({
      ...answer,
      headers: { ...answer.headers, "apigw-requestid": requestId },
    });
    const found = match(String(request.method), splitTarget(request).path);
    if (found === undefined) return answered(gatewayAnswer(404, "Not Found"));
    const { route, pathParameters } = found;
    const { lambda, timeoutMs, apiId } = route.target;
    const event = proxyEvent({
      request,
      body,
      requestId,
      routeKey: route.key,
      pathParameters,
      apiId,
      receivedAt: clock.now(),
    });
    const outcome = await within(timeoutMs, functions.invoke(lambda, event));
    if (outcome.kind === "answer") {
      const answer = httpAnswer(outcome.value);
      if (answer !== undefined) return answered(answer);
      log(`${route.key}: malformed response from ${lambda.entry}`);
    } else if (outcome.kind === "late") {
      log(`${route.key}: ${lambda.entry} did not answer within ${timeoutMs} ms`);
      return answered(gatewayAnswer(503, "Service Unavailable"));
    } else if (outcome.error instanceof Error && outcome.error.name === "RequestTooLargeException") {
      return answered(gatewayAnswer(413, "Request Too Long"));
    } else {
      log(`${route.key}: ${lambda.entry} failed: ${outcome.error}`);
    }
    return answered(gatewayAnswer(500, "Internal Server Error"));
  };
}

export type HttpServer = { url: string; stop(graceMs: number): Promise<void> };

/** Listens on loopback; a body over API Gateway's limit is refused before `serve` sees it. */
export async function listen(port: number, serve: Serve, log: (line: string) => void): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    try {
      const body = await readBody(request);
      send(response, body ? await serve(request, body) : gatewayAnswer(413, "Request Entity Too Large"));
    } catch (error) {
      // A client that hung up, or a header that HTTP does not allow.
      log(`${request.method} ${request.url}: ${error}`);
      if (response.headersSent) response.destroy();
      else send(response, gatewayAnswer(500, "Internal Server Error"));
    }
  });
  // A client may be slower than Node's own limit; API Gateway's is per integration.
  server.requestTimeout = 0;
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject).listen(port, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop(graceMs) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const grace = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(grace);
    },
  };
}

/** Undefined for a body over API Gateway's limit; the rest is discarded, so that the client gets a response. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= bodyLimit) chunks.push(chunk);
  }
  return length > bodyLimit ? undefined : Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
}

/** A response of API Gateway itself. */
export function gatewayAnswer(status: number, message: string): HttpAnswer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** API Gateway's request ids look like `JKJaXmPLvHcESHA=`. */
function newRequestId(): string {
  return randomBytes(11).toString("base64").replaceAll("/", "-").replaceAll("+", "-");
}

type Outcome = { kind: "answer"; value: unknown } | { kind: "failure"; error: unknown } | { kind: "late" };

/** A late integration keeps running; only its caller stops waiting. */
function within(ms: number, work: Promise<unknown>): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ kind: "late" }), ms);
    work
      .then(
        (value) => resolve({ kind: "answer", value }),
        (error: unknown) => resolve({ kind: "failure", error }),
      )
      .finally(() => clearTimeout(timer));
  });
}
