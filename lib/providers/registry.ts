import type { ProviderModule } from "./provider-module.ts";

/** What must be known of a provider before its code (and its SDK) is loaded. */
export type ProviderEntry = {
  /** The first is the default. */
  scenes: readonly [string, ...string[]];
  /** What the provider must read after we have committed its webhook. */
  acknowledgement: { status: number; contentType?: string; body: string };
  /** The JSON in which it wants to be told of a failure; absent: it looks at the status alone. */
  refusal?: (message: string) => object;
  load: () => Promise<ProviderModule>;
};

const json = { status: 200, contentType: "application/json", body: '{"received":true}' };
const success = { status: 200, contentType: "text/plain", body: "success" };

/** Every provider, a line each. Their code is loaded when first used: a function that speaks to one never loads another. */
export const providers: Record<string, ProviderEntry> = {
  alipay: {
    scenes: ["page", "qr"],
    acknowledgement: success,
    load: async () => (await import("./alipay/alipay.ts")).alipay,
  },
  wechat: {
    scenes: ["native"],
    acknowledgement: { status: 204, body: "" },
    // mutation: wechat-refusal-words
    refusal: (message) => ({ code: "FAIL", message }),
    load: async () => (await import("./wechat/wechat.ts")).wechat,
  },
  stripe: {
    scenes: ["checkout"],
    acknowledgement: json,
    load: async () => (await import("./stripe/stripe.ts")).stripe,
  },
  paypal: {
    scenes: ["checkout"],
    acknowledgement: json,
    load: async () => (await import("./paypal/paypal.ts")).paypal,
  },
};

export function isProvider(name: string): boolean {
  return Object.hasOwn(providers, name);
}
