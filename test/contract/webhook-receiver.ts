import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { WebhookCall } from "../../lib/domain/provider.ts";
import type { ProviderEntry } from "../../lib/providers/registry.ts";

export type WebhookReceiver = {
  url: string;
  /** The received calls, oldest first. */
  calls: WebhookCall[];
  stop(): void;
};

/** Serves our webhook URL: stores the raw calls and acknowledges them as the gateway would. */
export async function openWebhookReceiver({
  status,
  contentType,
  body,
}: ProviderEntry["acknowledgement"]): Promise<WebhookReceiver> {
  const calls: WebhookCall[] = [];
  const server = createServer(async (incoming, response) => {
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, value?.toString()]);
    calls.push({ body: await buffer(incoming), headers: Object.fromEntries(headers) });
    response.writeHead(status, contentType === undefined ? {} : { "content-type": contentType });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`,
    calls,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
