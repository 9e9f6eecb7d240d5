import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { accountId } from "./resolve.ts";
import { decodePath } from "./route-table.ts";

/** The inputs for the event of one request. */
export type ReceivedRequest = {
  request: IncomingMessage;
  body: Buffer;
  requestId: string;
  routeKey: string;
  pathParameters: Record<string, string>;
  apiId: string;
  receivedAt: Date;
};

/** Headers that belong to one connection; API Gateway ends it and passes none of them on. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The event of payload format 2.0. Every header is lower-case, repeated ones joined by commas; the path arrives decoded
 * (and cut at a decoded `?`), the query string as it was sent.
 */
export function proxyEvent(received: ReceivedRequest): APIGatewayProxyEventV2 {
  const { request, body, requestId, routeKey, pathParameters, receivedAt } = received;
  const target = splitTarget(request);
  const rawPath = String(decodePath(target.path).split("?")[0]);
  const { cookie, ...headers } = forwardedHeaders(request);
  const query = joinedQuery(target.query);
  const isBase64Encoded = body.length > 0 && !isText(request.headers["content-type"]);
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString: target.query,
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    headers,
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    requestContext: {
      accountId,
      apiId: received.apiId,
      domainName: String(headers.host ?? "").replace(/:\d+$/, ""),
      domainPrefix: received.apiId,
      http: {
        method: String(request.method),
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: sourceAddress(request),
        userAgent: String(request.headers["user-agent"] ?? ""),
      },
      requestId,
      routeKey,
      stage: "$default",
      time: commonLogTime(receivedAt),
      timeEpoch: receivedAt.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? "base64" : "utf8") }),
    isBase64Encoded,
  };
}

/** The request target as it was sent, split at the first `?`. */
export function splitTarget({ url = "/" }: IncomingMessage): { path: string; query: string } {
  const at = url.indexOf("?");
  return at < 0 ? { path: url, query: "" } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

/** API Gateway passes on only these as text; a form, any other type and a missing one arrive in base64. */
function isText(contentType = ""): boolean {
  const [type = ""] = contentType.toLowerCase().split(";");
  return /^(text\/.+|application\/(json|xml|javascript))$/.test(type.trim());
}

function forwardedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined && !hopByHop.has(name))
      headers[name] = values.join(name === "cookie" ? "; " : ",");
  }
  const address = sourceAddress(request);
  const before = headers["x-forwarded-for"];
  headers["x-forwarded-for"] = before === undefined ? address : `${before}, ${address}`;
  headers["x-forwarded-port"] = String(request.socket.localPort);
  headers["x-forwarded-proto"] = "http";
  return headers;
}

function joinedQuery(query: string): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    joined[name] = Object.hasOwn(joined, name) ? `${joined[name]},${value}` : value;
  }
  return joined;
}

function sourceAddress({ socket }: IncomingMessage): string {
  return String(socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

/** For example `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(time: Date): string {
  const [, day, month, year, clock] = time.toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}

const answerSchema = z.object({
  statusCode: z.int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

export type HttpAnswer = { status: number; headers: Record<string, string | string[]>; body: Buffer };

/** Converts a function's result to an HTTP response; undefined for a result that API Gateway would call malformed. */
export function httpAnswer(answer: unknown): HttpAnswer | undefined {
  if (typeof answer !== "object" || answer === null || !("statusCode" in answer)) {
    const body = typeof answer === "string" ? answer : JSON.stringify(answer ?? null);
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(body) };
  }
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const headersSent = Object.entries(headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return {
    status: statusCode,
    headers: {
      "content-type": "text/plain;charset=UTF-8",
      ...Object.fromEntries(headersSent.filter(([name]) => name !== "content-length")),
      ...(cookies && { "set-cookie": cookies }),
    },
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}
