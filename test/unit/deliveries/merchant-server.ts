import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import {
  type NotificationSenderOptions,
  notificationSender,
} from "../../../lib/deliveries/send-notification.ts";
import { localServer, type Reply } from "../outbound/local-server.ts";

export const payload = '{"event":"payment.success","subject":"茶 \\u00e9 \\/ 🍵","amount":10.5}\r\n';
export const headers = {
  "webhook-id": "evt-1",
  "webhook-timestamp": "1",
  "webhook-signature": "v1,c2lnbmVk",
};

/** A sender for which this server is a listed loopback endpoint, by address and as `merchant.test`. */
export function senderTo(url: string, options: Partial<NotificationSenderOptions> = {}) {
  const { host, port } = new URL(url);
  const send = notificationSender({
    loopbackEndpoints: new Set([host, `merchant.test:${port}`]),
    resolve: async () => ["127.0.0.1"],
    ...options,
  });
  return (to = url) => send({ url: to, headers, payload });
}

/** A merchant's server that gives this reply, and a sender to it. */
export async function aMerchant(reply: Reply | (() => Reply)) {
  const server = await localServer(typeof reply === "function" ? reply : () => reply);
  return { ...server, send: senderTo(server.url), named: server.url.replace("127.0.0.1", "merchant.test") };
}

/** A server that counts connections and bytes. */
export async function aListener(onConnection: (socket: Socket) => void = () => {}) {
  const seen = { connections: 0, bytes: 0, closed: Promise.withResolvers<void>() };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on("data", (chunk) => {
      seen.bytes += chunk.length;
    });
    socket.on("error", () => {});
    socket.on("close", () => seen.closed.resolve());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}
