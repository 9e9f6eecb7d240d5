import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** The request that an echo may repeat. */
export type EchoedRequest = { headers: IncomingHttpHeaders; body: string };
/** Makes the response that repeats parts of a request, including secrets. */
export type Echo = (request: EchoedRequest) => { status: number; body: string };

/** A proxy that forwards every request, or, while an echo is set, answers with the echo and forwards nothing. */
export async function startEchoingProxy(target: string) {
  let echo: Echo | undefined;
  let echoed = 0;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (echo) {
      echoed += 1;
      const said = echo({ headers: request.headers, body: body.toString() });
      const type = { "content-type": "application/json" };
      return void response.writeHead(said.status, type).end(said.body);
    }
    const { host: _, connection: __, "transfer-encoding": ___, ...headers } = request.headers;
    const answer = await fetch(new URL(String(request.url), target), {
      method: String(request.method),
      headers: headers as Record<string, string>,
      redirect: "manual",
      ...(body.length > 0 && { body }),
    });
    const { "content-encoding": ____, ...provided } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, provided).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Sets the echo; `undefined` forwards again. */
    echoes(how: Echo | undefined): void {
      echo = how;
    },
    /** How many requests were answered with an echo. */
    echoed: () => echoed,
    stop(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type EchoingProxy = Awaited<ReturnType<typeof startEchoingProxy>>;
