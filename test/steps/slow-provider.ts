import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type SlowProvider = {
  readonly url: string;
  /** Holds the provider's next response; resolves when the provider has sent it, with the function that releases it. */
  hold(): Promise<() => void>;
  stop(): void;
};

/** A proxy for a provider that executes requests at once but responds only when the test releases the response. */
export async function startSlowProvider(target: string): Promise<SlowProvider> {
  let holding: ((release: () => void) => void) | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, connection: __, "transfer-encoding": ___, ...headers } = request.headers;
    const answer = await fetch(`${target}${request.url}`, {
      method: String(request.method),
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const body = await answer.text();
    const hold = holding;
    holding = undefined;
    if (hold) await new Promise<void>((release) => hold(release));
    response.writeHead(answer.status, { "content-type": "application/json" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: () =>
      new Promise((resolve) => {
        holding = resolve;
      }),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
