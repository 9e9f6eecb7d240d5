import { randomUUID } from "node:crypto";
import { IncomingMessage } from "node:http";
import { connect, Socket } from "node:net";
import { functions } from "../../lib/functions.ts";
import { type HttpAnswer, httpAnswer, proxyEvent, splitTarget } from "../../scripts/local/host/payload.ts";
import { createRouteTable } from "../../scripts/local/host/route-table.ts";
import { invoke } from "../steps/front.ts";
import type { World } from "../steps/world.ts";
import type { Attempt } from "./attempt.ts";

const match = createRouteTable(
  functions.flatMap(({ entry, routes = [] }) => routes.map((key) => ({ key, target: entry }))),
);

/** Sends an attempt over a TCP connection or directly to its function. Undefined: the response is not valid HTTP. */
export function send(
  attempt: Attempt,
  source: string,
  { clock, front }: World,
): Promise<HttpAnswer | undefined> {
  return attempt.bytes ? overConnection(attempt.bytes, front.url) : toFunction(attempt, source, clock.now());
}

/** Invokes the function as API Gateway would, without a network. `source` is the sender's IP address. */
async function toFunction(attempt: Attempt, source: string, now: Date): Promise<HttpAnswer | undefined> {
  const request = received(attempt, source);
  const { route, pathParameters } = match(attempt.method, splitTarget(request).path)!;
  const event = proxyEvent({
    ...{ request, body: attempt.body, requestId: randomUUID(), routeKey: route.key, pathParameters },
    ...{ apiId: "attack", receivedAt: now },
  });
  return httpAnswer(await invoke(route.target, event));
}

function received({ method, target, headers, body }: Attempt, source: string): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: source });
  const all = { host: "pay.example.com", "content-length": String(body.length), ...headers };
  const headersDistinct = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]]));
  const line = { method, url: target, httpVersion: "1.1" };
  return Object.assign(new IncomingMessage(socket), { ...line, headers: all, headersDistinct });
}

/** Status 0: the connection was closed without an answer. */
function overConnection(bytes: Buffer, url: string): Promise<HttpAnswer> {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
  const { hostname, port } = new URL(url);
  const chunks: Buffer[] = [];
  const socket = connect(Number(port), hostname, () => socket.end(bytes));
  socket.on("data", (chunk) => chunks.push(chunk));
  // A reset connection counts as closed.
  socket.on("error", () => {});
  socket.once("close", () => {
    const body = Buffer.concat(chunks);
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(body.toString("latin1")) ?? [];
    resolve({ status: Number(status ?? 0), headers: {}, body });
  });
  return promise;
}
