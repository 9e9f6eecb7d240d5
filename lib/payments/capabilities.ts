import type { Caller } from "../domain/caller.ts";
import type { Gateway } from "../gateway.ts";

export type Capability = {
  provider: string;
  config: string;
  scenes: string[];
  verbs: string[];
  /** By scene, in seconds. */
  max_expires_in: Record<string, number>;
};

/** What this merchant can use now: its active configs, with the scenes and operations of their providers. */
export async function capabilities(gateway: Gateway, caller: Caller): Promise<Capability[]> {
  const usable = await gateway.configs.usable(caller.userId);
  return usable.map(({ provider, name, adapter }) => ({
    provider,
    config: name,
    scenes: [...gateway.scenesOf(provider)],
    verbs: [
      "create",
      "query",
      ...(adapter.close ? ["close"] : []),
      ...(adapter.refund ? ["refund"] : []),
      ...(adapter.fetchRefund ? ["refund_query"] : []),
    ],
    max_expires_in: Object.fromEntries(
      gateway.scenesOf(provider).map((scene) => [scene, gateway.lifeOf(provider, scene).maxExpiresInSeconds]),
    ),
  }));
}
