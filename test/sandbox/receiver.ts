import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Received = { path: string; headers: Record<string, string | string[] | undefined>; body: string };

export type Receiver = {
  url: string;
  received: Received[];
  /** The answer to the next requests. */
  answer: { status: number; body: string; headers?: Record<string, string> };
};

/** A merchant's webhook endpoint for one test; answers `success` with 200 unless `answer` is changed. */
export async function aReceiver(): Promise<Receiver> {
  const receiver: Receiver = { url: "", received: [], answer: { status: 200, body: "success" } };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    receiver.received.push({ path: request.url ?? "", headers: request.headers, body });
    response.writeHead(receiver.answer.status, receiver.answer.headers);
    response.end(receiver.answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}
