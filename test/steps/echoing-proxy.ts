import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** What an answer repeats of a request, and of whatever else it must not say. */
export type Heard = { headers: IncomingHttpHeaders; body: string };
export type Echo = (heard: Heard) => { status: number; body: string };

/** A server in front of another; while it echoes, it answers by itself and nothing gets through. */
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
    const { "content-encoding": ____, ...given } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, given).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** `undefined`: lets everything through again. */
    echoes(how: Echo | undefined): void {
      echo = how;
    },
    /** How many answers were echoes. */
    echoed: () => echoed,
    stop(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type EchoingProxy = Awaited<ReturnType<typeof startEchoingProxy>>;
