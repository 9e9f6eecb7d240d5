import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import { functions } from "../../lib/functions.ts";
import { httpAnswer, proxyEvent, splitTarget } from "../../scripts/local/host/payload.ts";
import { createRouteTable } from "../../scripts/local/host/route-table.ts";
import { holdAnswer } from "./api-reference.ts";
import { lambdaContext } from "./lambda-context.ts";

export type Front = { url: string; stop(): void };

/** Calls the function of an entry file with an event. */
export type Invoke = (entry: string, event: unknown) => Promise<unknown>;

/** The response of API Gateway when a function has crashed; the gateway has not made it. */
export const functionDied = {
  statusCode: 500,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ message: "Internal Server Error" }),
};

/**
 * Serves the entry files of functions/ over HTTP, in this process by default (see `run`). Events and responses are
 * converted as in the local host.
 */
export async function startFront(clock: Clock, run: Invoke = invoke): Promise<Front> {
  const match = createRouteTable(
    functions.flatMap(({ entry, routes = [] }) => routes.map((key) => ({ key, target: entry }))),
  );
  const server = createServer(async (request, response) => {
    const body = await readAll(request);
    // A client that disconnects in the middle of a request never reaches a function.
    if (body === null) return void response.destroy();
    const { route, pathParameters } = match(String(request.method), splitTarget(request).path)!;
    const event = proxyEvent({
      request,
      body,
      requestId: randomUUID(),
      routeKey: route.key,
      pathParameters,
      apiId: "test",
      receivedAt: clock.now(),
    });
    const result = await run(route.target, event);
    const answer = httpAnswer(result);
    if (result !== functionDied) holdAnswer(String(request.method), splitTarget(request).path, answer);
    response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject).listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer | null> {
  try {
    return Buffer.concat(await request.toArray());
  } catch {
    return null;
  }
}

/** Calls a function's handler as Lambda does; `seconds` is the time left before the time-out. */
export async function invoke(entry: string, event: unknown, seconds?: number): Promise<unknown> {
  const [name = entry, folder] = entry.split("/").reverse();
  // Vite resolves a variable import in one folder only.
  const { handler } = folder
    ? await import(`../../functions/webhooks/${name}.ts`)
    : await import(`../../functions/${name}.ts`);
  return handler(event, lambdaContext(seconds));
}
