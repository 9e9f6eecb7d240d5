import type { Caller, Configs } from "./ports.ts";

export type Capability = { provider: string; config: string; scenes: string[]; verbs: string[] };

/** What this merchant can use now: its active configs, with the scenes and verbs of their providers. */
export async function capabilities(
  gateway: { configs: Configs; scenesOf(provider: string): readonly string[] },
  caller: Caller,
): Promise<Capability[]> {
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
      ...(adapter.lookRefund ? ["refund_query"] : []),
    ],
  }));
}
