import type { SceneLife } from "../domain/scene-life.ts";
import type { ProviderModule } from "./provider-module.ts";

/** What must be known of a provider before its code (and its SDK) is loaded. */
export type ProviderEntry = {
  /** The first is the default. */
  scenes: Readonly<Record<string, SceneLife>>;
  /** The response that the provider expects once we have committed its webhook. */
  acknowledgement: { status: number; contentType?: string; body: string };
  /** The JSON body in which the provider expects a failure; absent: it reads the status alone. */
  refusal?: (message: string) => object;
  load: () => Promise<ProviderModule>;
};

const json = { status: 200, contentType: "application/json", body: '{"received":true}' };
const success = { status: 200, contentType: "text/plain", body: "success" };

const day = 86_400;
const hour = 3_600;

/**
 * Lifetimes of orders and payment links, from public copies of the providers' pages, 2026-11-30. Orders may live 15
 * days at Alipay and 7 days at WeChat Pay, longer than our API allows.
 */
const alipayScenes: Record<string, SceneLife> = {
  page: {
    maxExpiresInSeconds: day,
    renewable: true,
    signedByUs: true,
    source: "alipay-sdk-php-all v3/src/Model, time_expire: 1 m to 15 d; the link is our own signed request",
  },
  qr: {
    maxExpiresInSeconds: day,
    linkSeconds: 2 * hour,
    renewable: false,
    source: "alipay-sdk-php-all v3/src/Model, precreate: the code lives 2 h whatever time_expire says",
  },
};
const wechatScenes: Record<string, SceneLife> = {
  native: {
    maxExpiresInSeconds: day,
    linkSeconds: 2 * hour,
    renewable: true,
    source:
      "pay.weixin.qq.com/doc/v3/merchant/4012791877 (2 h) and 4012791870 (the same create gives a new one)",
  },
};
const stripeScenes: Record<string, SceneLife> = {
  checkout: {
    maxExpiresInSeconds: day,
    renewable: false,
    source: "docs.stripe.com/api/checkout/sessions/create, expires_at: 30 min to 24 h after creation",
  },
};
const paypalScenes: Record<string, SceneLife> = {
  checkout: {
    maxExpiresInSeconds: 6 * hour,
    linkSeconds: 3 * hour,
    renewable: false,
    source: "paypal-rest-api-specifications checkout_orders_v2: 3 h until approved, then 3 h to capture",
  },
};

const entries = {
  alipay: {
    scenes: alipayScenes,
    acknowledgement: success,
    load: async () => (await import("./alipay/alipay.ts")).alipay,
  },
  wechat: {
    scenes: wechatScenes,
    acknowledgement: { status: 204, body: "" },
    // mutation: wechat-refusal-words
    refusal: (message) => ({ code: "FAIL", message }),
    load: async () => (await import("./wechat/wechat.ts")).wechat,
  },
  stripe: {
    scenes: stripeScenes,
    acknowledgement: json,
    load: async () => (await import("./stripe/stripe.ts")).stripe,
  },
  paypal: {
    scenes: paypalScenes,
    acknowledgement: json,
    load: async () => (await import("./paypal/paypal.ts")).paypal,
  },
} satisfies Record<string, ProviderEntry>;

export type ProviderName = keyof typeof entries;

/** Every provider. Its code is loaded on first use: a function that serves one provider never loads another. */
export const providers: Record<string, ProviderEntry> = entries;

/** A provider's scenes in order; the first is the default. */
export function scenesOf(provider: string): string[] {
  return Object.keys(providers[provider]?.scenes ?? {});
}

export function lifeOf(provider: string, scene: string): SceneLife {
  const life = providers[provider]?.scenes[scene];
  if (life === undefined) throw new RangeError(`${provider} has no scene ${scene}`);
  return life;
}

export function isProvider(name: string): boolean {
  return Object.hasOwn(providers, name);
}
