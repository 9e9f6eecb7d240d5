import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { ProviderName } from "../../scripts/sandbox/start-sandbox.ts";
import type { ContractTable } from "../contract/contract-table.ts";
import type { TappedAnswer } from "../contract/tap.ts";
import { type Api, apiOf } from "./api.ts";
import { openRows, type Rows } from "./rows.ts";
import { openWorld, type Shop, type World } from "./world.ts";

/** What comes in place of an honest answer; what writes to the response itself returns nothing. */
export type Garble = (honest: TappedAnswer, response: ServerResponse) => TappedAnswer | undefined;

/** A merchant of one provider that stands behind a proxy, whose answers the test changes and signs. */
export type GarbledProvider = {
  world: World;
  shop: Shop;
  api: Api;
  rows: Rows;
  /** Changes the answers to calls whose path matches while `act` runs; `changed` counts them. */
  garbled<T>(garble: Garble, act: () => Promise<T>, path?: RegExp): Promise<{ said: T; changed: number }>;
  stop(): Promise<void>;
};

/** Alipay signs a member, so that there must be one. */
const signable = /^\{"\w+":.*,"sign":"[^"]*"\}$/s;

/** Every call but that for a token. */
const calls = /^(?!\/v1\/oauth2\/token)/;

export async function openGarbledProvider(provider: ProviderName): Promise<GarbledProvider> {
  const { table } = (await import(`../contract/${provider}.ts`)) as { table: ContractTable };
  const { signedByUs, trustingUs } = table.answers ?? {};
  let trusted = false;
  const signed = (answer: TappedAnswer) =>
    signedByUs && trusted && (provider !== "alipay" || signable.test(answer.body))
      ? signedByUs(answer)
      : answer;
  const world = await openWorld();
  let underWay: { garble: Garble; path: RegExp; changed: number } | undefined;

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
      answer = underWay.garble(honest, response);
    }
    if (answer === undefined) return;
    const { headers: given, body: text } = signed(answer);
    const { "content-length": __, "transfer-encoding": ___, connection: ____, ...kept } = given;
    response.writeHead(answer.status, kept).end(text);
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
    async garbled(garble, act, path = calls) {
      underWay = { garble, path, changed: 0 };
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
