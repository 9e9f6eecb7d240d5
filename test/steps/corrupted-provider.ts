import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { ProviderName } from "../../lib/providers/registry.ts";
import type { TappedAnswer } from "../contract/tap.ts";
import { kits } from "../kits/kits.ts";
import { type Api, apiOf } from "./api.ts";
import { openRows, type Rows } from "./rows.ts";
import { openWorld, type Shop, type World } from "./world.ts";

/** Returns the response that replaces the original one, or `undefined` if it has written to `response` itself. */
export type Corruption = (honest: TappedAnswer, response: ServerResponse) => TappedAnswer | undefined;

/** A merchant whose provider is behind a proxy that can change the provider's responses and sign them again. */
export type CorruptedProvider = {
  world: World;
  shop: Shop;
  api: Api;
  rows: Rows;
  /** While `act` runs, changes the responses to calls whose path matches; `changed` counts them. */
  corrupted<T>(
    corrupt: Corruption,
    act: () => Promise<T>,
    path?: RegExp,
  ): Promise<{ said: T; changed: number }>;
  stop(): Promise<void>;
};

/** Every call except PayPal's token call. */
const calls = /^(?!\/v1\/oauth2\/token)/;

export async function openCorruptedProvider(provider: ProviderName): Promise<CorruptedProvider> {
  const { signedByUs, trustingUs } = kits[provider].contract.answers ?? {};
  let trusted = false;
  const signed = (answer: TappedAnswer) => (signedByUs && trusted ? signedByUs(answer) : answer);
  const world = await openWorld();
  let underWay: { corrupt: Corruption; path: RegExp; changed: number } | undefined;

  const server = createServer(async (incoming, response) => {
    const { host: _, ...headers } = incoming.headers;
    const body = await buffer(incoming);
    const honest = await forwarded(world.sandbox.simulators[provider]! + incoming.url, {
      method: String(incoming.method),
      headers,
      body,
    });
    let answer: TappedAnswer | undefined = honest;
    if (underWay?.path.test(String(incoming.url))) {
      underWay.changed += 1;
      answer = underWay.corrupt(honest, response);
    }
    if (answer === undefined) return;
    const { headers: provided, body: text } = signed(answer);
    const { "content-length": __, "transfer-encoding": ___, connection: ____, ...stored } = provided;
    response.writeHead(answer.status, stored).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.PROVIDER_BASE_URLS = JSON.stringify({ ...world.sandbox.simulators, [provider]: url });

  const shop = await world.openShop(provider);
  if (trustingUs) {
    const { account: _, ...own } = shop.accounts[provider]!;
    const data = JSON.stringify(trustingUs(own));
    await world.ops("config set", { merchant: shop.username, provider, data, skip_probe: "yes" });
    trusted = true;
  }
  const rows = await openRows();
  return {
    ...{ world, shop, rows, api: apiOf(world, shop) },
    async corrupted(corrupt, act, path = calls) {
      underWay = { corrupt, path, changed: 0 };
      try {
        return { said: await act(), changed: underWay.changed };
      } finally {
        underWay = undefined;
      }
    },
    async stop() {
      await rows.close();
      server.closeAllConnections();
      server.close();
      await world.stop();
    },
  };
}

type Forwarded = { method: string; headers: IncomingHttpHeaders; body: Buffer };

async function forwarded(url: string, { method, headers, body }: Forwarded): Promise<TappedAnswer> {
  const outgoing = request(url, { method, headers, agent: false });
  outgoing.end(body);
  const [answer] = await once(outgoing, "response");
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: (await buffer(answer)).toString("utf8"),
  };
}
