import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits, providerNames } from "../kits/kits.ts";
import type { Signer } from "../kits/signer.ts";
import type { Shop, World } from "./world.ts";

export type Signers = Record<ProviderName, Signer>;
type BaseUrls = Record<ProviderName, string>;

/** Starts the proxies that the kits need, and points the gateway to them. It must not be open yet. */
export async function startSigningProxies({ sandbox }: World): Promise<{ baseUrls: BaseUrls; stop(): void }> {
  const started = providerNames.map(
    async (name) => [name, await kits[name].startSigningProxy?.(sandbox.simulators[name])] as const,
  );
  const proxies = await Promise.all(started);
  const urls = proxies.map(([name, proxy]) => [name, proxy?.url ?? sandbox.simulators[name]]);
  const baseUrls: BaseUrls = Object.fromEntries(urls);
  process.env.PROVIDER_BASE_URLS = JSON.stringify(baseUrls);
  return {
    baseUrls,
    stop() {
      for (const [, proxy] of proxies) proxy?.stop();
    },
  };
}

/** Signers of every provider. */
export async function openSigners(world: World, shop: Shop, baseUrls: BaseUrls): Promise<Signers> {
  const opened = {} as Signers;
  for (const name of providerNames) opened[name] = await kits[name].openSigner(world, shop, baseUrls[name]);
  return opened;
}
