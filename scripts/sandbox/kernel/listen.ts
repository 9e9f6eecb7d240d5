import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../../lib/clock.ts";
import { type Answer, type Call, json, Refusal } from "./call.ts";

export type Listener = { url: string; stop(): Promise<void> };

export type Log = (line: string) => void;

type Listening = { clock: Clock; log: Log; port?: number };

const maxBodyBytes = 1024 * 1024;

/** Serves `answer` on 127.0.0.1 (port 0 or absent: any free port). Never reachable from another machine. */
export async function listen(
  { clock, log, port = 0 }: Listening,
  answer: (call: Call) => Answer | Promise<Answer>,
): Promise<Listener> {
  const server = createServer(async (request, response) => {
    try {
      send(request, response, await answer(await readCall(request, clock)));
    } catch (error) {
      if (!(error instanceof Refusal)) log(`${request.method} ${request.url}: ${String(error)}`);
      const [status, message] =
        error instanceof Refusal ? [error.status, error.message] : [500, String(error)];
      send(request, response, json({ error: message }, status));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readCall(request: IncomingMessage, clock: Clock): Promise<Call> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new Refusal(413, `The body is larger than ${maxBodyBytes} bytes.`);
    chunks.push(chunk);
  }
  const target = request.url ?? "/";
  const url = new URL(target, "http://127.0.0.1");
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    at: clock.now(),
    method: request.method ?? "GET",
    path: url.pathname,
    target,
    query: url.searchParams,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if ("hangUpAfterMs" in answer) {
    setTimeout(() => request.socket.destroy(), answer.hangUpAfterMs).unref();
    return;
  }
  response.writeHead(answer.status, { "cache-control": "no-store", ...answer.headers });
  response.end(answer.body);
}
