import { scenes as alipay } from "./alipay/scenes.ts";
import { scenes as paypal } from "./paypal/scenes.ts";
import type { ProviderModule } from "./provider-module.ts";
import type { Scene } from "./scene.ts";
import { example as stripeExample } from "./stripe/example.ts";
import { scenes as stripe } from "./stripe/scenes.ts";
import { scenes as wechat } from "./wechat/scenes.ts";

/** What must be known of a provider before its code is loaded. */
export type ProviderEntry = {
  /** Its name for people. */
  title: string;
  /** The first is the default. */
  scenes: Readonly<Record<string, Scene>>;
  /** It notifies only about orders that we created, so an unknown order is an anomaly. */
  notifiesOnlyOwnOrders?: true;
  /** The response that the provider expects once we have committed its webhook. */
  acknowledgement: { status: number; contentType?: string; body: string };
  /** The JSON body in which the provider expects a failure; absent: it reads the status alone. */
  refusal?: (message: string) => object;
  load: () => Promise<ProviderModule>;
};

const json = { status: 200, contentType: "application/json", body: '{"received":true}' };
const success = { status: 200, contentType: "text/plain", body: "success" };

const entries = {
  alipay: {
    title: "Alipay",
    scenes: alipay,
    notifiesOnlyOwnOrders: true,
    acknowledgement: success,
    load: async () => (await import("./alipay/alipay.ts")).alipay,
  },
  wechat: {
    title: "WeChat Pay",
    scenes: wechat,
    notifiesOnlyOwnOrders: true,
    acknowledgement: { status: 204, body: "" },
    // mutation: wechat-refusal-words
    refusal: (message) => ({ code: "FAIL", message }),
    load: async () => (await import("./wechat/wechat.ts")).wechat,
  },
  stripe: {
    title: "Stripe",
    scenes: stripe,
    acknowledgement: json,
    load: async () => (await import("./stripe/stripe.ts")).stripe,
  },
  paypal: {
    title: "PayPal",
    scenes: paypal,
    acknowledgement: json,
    load: async () => (await import("./paypal/paypal.ts")).paypal,
  },
} satisfies Record<string, ProviderEntry>;

export type ProviderName = keyof typeof entries;

/** Every provider. Its code is loaded on first use: a function that serves one provider never loads another. */
export const providers: Record<string, ProviderEntry> = entries;

/** The provider of the examples in the API reference, with values as it gives them. */
export const example = { provider: "stripe" satisfies ProviderName, ...stripeExample };

/** A provider's scenes in order; the first is the default. */
export function scenesOf(provider: string): string[] {
  return Object.keys(providers[provider]?.scenes ?? {});
}

export function sceneOf(provider: string, name: string): Scene {
  const scene = providers[provider]?.scenes[name];
  if (scene === undefined) throw new RangeError(`${provider} has no scene ${name}`);
  return scene;
}

export function notifiesOnlyOwnOrders(provider: string): boolean {
  return providers[provider]?.notifiesOnlyOwnOrders === true;
}

export function isProvider(name: string): boolean {
  return Object.hasOwn(providers, name);
}
