import type { ServerResponse } from "node:http";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits } from "../kits/kits.ts";
import { type Api, apiOf } from "./api.ts";
import { type ProxiedAnswer, startProviderProxy } from "./provider-proxy.ts";
import { openRows, type Rows } from "./rows.ts";
import { openWorld, type Shop, type World } from "./world.ts";

/** Returns the response that replaces the original one, or `undefined` if it has written to `response` itself. */
export type Corruption = (honest: ProxiedAnswer, response: ServerResponse) => ProxiedAnswer | undefined;

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
  const signed = (answer: ProxiedAnswer) => (signedByUs && trusted ? signedByUs(answer) : answer);
  const world = await openWorld();
  let underWay: { corrupt: Corruption; path: RegExp; changed: number } | undefined;

  const proxy = await startProviderProxy(world.sandbox.simulators[provider]!, {
    onAnswer(honest, { path }, response) {
      if (!underWay?.path.test(path)) return signed(honest);
      underWay.changed += 1;
      const answer = underWay.corrupt(honest, response);
      return answer && signed(answer);
    },
  });
  process.env.PROVIDER_BASE_URLS = JSON.stringify({ ...world.sandbox.simulators, [provider]: proxy.url });

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
      proxy.stop();
      await world.stop();
    },
  };
}
