import http, { type IncomingHttpHeaders } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";

export type Call = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  socket: Socket;
};
/** `hang`: never answers · `reset`: resets the connection. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: string | Buffer }
  | "hang"
  | "reset";

/** A loopback server for one test, at whose end it is closed. */
export async function localServer(reply: (call: Call, count: number) => Reply) {
  const calls: Call[] = [];
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const call: Call = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString("utf8"),
        socket: incoming.socket,
      };
      const said = reply(call, calls.push(call));
      if (said === "hang") return;
      if (said === "reset") incoming.socket.resetAndDestroy();
      else outgoing.writeHead(said.status ?? 200, said.headers).end(said.body ?? "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, server };
}
