import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../lib/clock.ts";

/**
 * How a merchant's server answers a notification: with an HTTP status, by closing the connection after reading it
 * (`reset`), or by keeping it open without a response (`hang`).
 */
export type MerchantAnswer = number | "reset" | "hang";

/** One notification as it arrived. */
export type Arrival = {
  at: Date;
  merchant: string;
  id: string;
  timestamp: string;
  signature: string;
  body: string;
  answered: MerchantAnswer;
};

export type MerchantEndpoint = {
  /** The notify_url of this merchant. */
  url(merchant: string): string;
  host: string;
  readonly arrivals: Arrival[];
  /** Sets how this merchant answers from now on; the default is 200. */
  answers(merchant: string, answer: MerchantAnswer): void;
  /** Closes every open connection. */
  hangUp(): void;
  purge(): void;
  stop(): void;
};

/** The merchants' servers, on loopback. */
export async function startMerchantEndpoint(clock: Clock): Promise<MerchantEndpoint> {
  const arrivals: Arrival[] = [];
  const answers = new Map<string, MerchantAnswer>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const merchant = String(request.url).split("/")[1] ?? "";
    const answered = answers.get(merchant) ?? 200;
    const header = (name: string) => String(request.headers[name] ?? "");
    arrivals.push({
      at: clock.now(),
      merchant,
      id: header("webhook-id"),
      timestamp: header("webhook-timestamp"),
      signature: header("webhook-signature"),
      body: Buffer.concat(chunks).toString("utf8"),
      answered,
    });
    if (answered === "hang") return;
    if (answered === "reset") request.socket.destroy();
    else response.writeHead(answered, answered === 302 ? { location: "/elsewhere" } : {}).end("seen");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: (merchant) => `http://${host}/${merchant}`,
    host,
    arrivals,
    answers: (merchant, answer) => void answers.set(merchant, answer),
    hangUp: () => server.closeAllConnections(),
    purge() {
      arrivals.length = 0;
      answers.clear();
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
