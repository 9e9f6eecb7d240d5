import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type SlowProvider = {
  readonly url: string;
  /** Keeps the provider's next answer back; resolves once the provider has given it, with what lets it go. */
  hold(): Promise<() => void>;
  stop(): void;
};

/** A provider that does at once what it is asked and answers when the test says so. */
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
    const tell = holding;
    holding = undefined;
    if (tell) await new Promise<void>((release) => tell(release));
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
