import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { functions } from "../../lib/functions.ts";
import { invoke } from "./front.ts";

/** Every route of the API with its function; `$default` stands for a request that matches no other route. */
export const everyRoute = functions.flatMap(({ entry, routes = [] }) =>
  routes.map((route) => {
    const [method = "", path = ""] = route === "$default" ? ["GET", "/nowhere"] : route.split(" ");
    return { route, entry, method, path };
  }),
);

export type Route = (typeof everyRoute)[number];

export type Sent = {
  headers?: Record<string, string>;
  pathParameters?: Record<string, string>;
  query?: Record<string, string>;
  body?: string | Buffer;
};

export type Answered = {
  requestId: string;
  status: number;
  headers: Record<string, string>;
  body: string;
};

/** The event that API Gateway would send; path parameters are `1`, which names nothing, unless `sent` sets them. */
export function eventOf({ route, method, path }: Route, sent: Sent = {}): APIGatewayProxyEventV2 {
  const { headers = {}, pathParameters, query, body } = sent;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, "1"]);
  const inPath: Record<string, string> = { ...Object.fromEntries(names), ...pathParameters };
  const rawPath = path.replace(/\{(\w+)\}/g, (_, name: string) => inPath[name]!);
  const encoded = Buffer.isBuffer(body);
  const http = { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" };
  const requestContext = { requestId: randomUUID(), routeKey: route, http, timeEpoch: Date.now() };
  return {
    version: "2.0",
    routeKey: route,
    rawPath,
    rawQueryString: "",
    headers,
    requestContext,
    ...(names.length > 0 && { pathParameters: inPath }),
    ...(query && { queryStringParameters: query }),
    ...(body !== undefined && { body: encoded ? body.toString("base64") : body }),
    isBase64Encoded: encoded,
  } as APIGatewayProxyEventV2;
}

/** Calls the route's function with this event. */
export async function answerTo(
  { entry }: Pick<Route, "entry">,
  event: APIGatewayProxyEventV2,
): Promise<Answered> {
  const answer = (await invoke(entry, event)) as APIGatewayProxyStructuredResultV2;
  const { statusCode = 0, headers = {}, body = "" } = answer;
  return {
    requestId: event.requestContext.requestId,
    status: statusCode,
    headers: headers as Record<string, string>,
    body,
  };
}
