import { startProviderProxy } from "./provider-proxy.ts";

export type SlowProvider = {
  readonly url: string;
  /** Holds the provider's next response; resolves when the provider has sent it, with the function that releases it. */
  hold(): Promise<() => void>;
  stop(): void;
};

/** A proxy for a provider that executes requests at once but responds only when the test releases the response. */
export async function startSlowProvider(target: string): Promise<SlowProvider> {
  let holding: ((release: () => void) => void) | undefined;
  const proxy = await startProviderProxy(target, {
    async onAnswer(answer) {
      const hold = holding;
      holding = undefined;
      if (hold) await new Promise<void>((release) => hold(release));
      return answer;
    },
  });
  return {
    ...proxy,
    hold: () =>
      new Promise((resolve) => {
        holding = resolve;
      }),
  };
}
