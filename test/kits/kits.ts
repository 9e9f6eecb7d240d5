import { type ProviderName, providers } from "../../lib/providers/registry.ts";
import type { TestKit } from "./test-kit.ts";

export const providerNames = Object.keys(providers) as ProviderName[];

/** The kit of every provider in the registry. A provider without a kit ends every test that imports this. */
export const kits = Object.fromEntries(
  await Promise.all(
    providerNames.map(async (name) => {
      const { kit } = (await import(`./${name}/kit.ts`)) as { kit: TestKit };
      return [name, kit] as const;
    }),
  ),
) as Record<ProviderName, TestKit>;

/** The first scene whose create calls the provider: the others are answered by the gateway alone. */
export function calledScene(provider: ProviderName): string {
  const { scenes, offline } = kits[provider].contract;
  return Object.keys(scenes).find((scene) => !offline.includes(`createPayment ${scene}`))!;
}

/** Whether its events only wake up a poll, because they prove nothing. */
export function onlyWakesUp(provider: ProviderName): boolean {
  return kits[provider].contract.webhooks.payment === "refetch";
}
