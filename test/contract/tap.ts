import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** An answer on its way from the provider to us. */
export type TappedAnswer = { status: number; headers: IncomingHttpHeaders; body: string };

export type Tap = {
  url: string;
  /** The number of connections that were opened to the tap. */
  connections(): number;
  stop(): void;
};

/** Stands between an adapter and a simulator on 127.0.0.1 and changes the answers. */
export async function openTap(target: string, change: (answer: TappedAnswer) => TappedAnswer): Promise<Tap> {
  let connections = 0;
  const server = createServer(async (incoming, response) => {
    const { host: _, ...headers } = incoming.headers;
    const body = await buffer(incoming);
    const forwarded = request(target + incoming.url, { method: incoming.method, headers });
    forwarded.on("response", async (answer) => {
      const text = (await buffer(answer)).toString("utf8");
      const changed = change({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
      const { "content-length": _, "transfer-encoding": __, ...stored } = changed.headers;
      response.writeHead(changed.status, stored).end(changed.body);
    });
    forwarded.on("error", () => response.destroy());
    forwarded.end(body);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
