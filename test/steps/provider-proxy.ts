import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export type ProxiedRequest = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer };
export type ProxiedAnswer = { status: number; headers: IncomingHttpHeaders; body: string };

export type ProxyHooks = {
  /** An answer in place of the provider's; `undefined`: the request is forwarded. */
  onRequest?(request: ProxiedRequest): ProxiedAnswer | undefined;
  /** The answer to give for the provider's; `undefined`: the hook has written to `response` itself. */
  onAnswer?(
    answer: ProxiedAnswer,
    request: ProxiedRequest,
    response: ServerResponse,
  ): ProxiedAnswer | undefined | Promise<ProxiedAnswer | undefined>;
};

export type ProviderProxy = {
  url: string;
  /** The number of connections that were opened to the proxy. */
  connections(): number;
  stop(): void;
};

/** Stands between the gateway and a provider's simulator on loopback. */
export async function startProviderProxy(target: string, hooks: ProxyHooks = {}): Promise<ProviderProxy> {
  let connections = 0;
  const server = createServer(async (incoming, response) => {
    const { method = "GET", url: path = "/", headers } = incoming;
    const proxied = { method, path, headers, body: await buffer(incoming) };
    const answer = hooks.onRequest?.(proxied) ?? (await forwarded(target, proxied));
    if (answer === undefined) return void response.destroy();
    const changed = hooks.onAnswer ? await hooks.onAnswer(answer, proxied, response) : answer;
    if (changed) response.writeHead(changed.status, withoutFraming(changed.headers)).end(changed.body);
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** `undefined`: the provider cannot be reached. */
async function forwarded(
  target: string,
  { method, path, headers, body }: ProxiedRequest,
): Promise<ProxiedAnswer | undefined> {
  const { host: _, ...sent } = withoutFraming(headers);
  const outgoing = request(target + path, { method, headers: sent, agent: false });
  outgoing.end(body);
  try {
    const [answer] = await once(outgoing, "response");
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: (await buffer(answer)).toString("utf8"),
    };
  } catch {
    return undefined;
  }
}

/** Without what is about one connection, or about the length of a body that a hook may replace. */
function withoutFraming(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _, "content-length": __, "transfer-encoding": ___, ...others } = headers;
  return others;
}
