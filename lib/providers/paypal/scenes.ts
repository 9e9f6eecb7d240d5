import { hour, noExtraParams, type Scene } from "../scene.ts";

/**
 * PayPal's ways to pay; the first is the default. The lifetimes are from public copies of the provider's pages,
 * 2026-11-30.
 */
export const scenes = {
  checkout: {
    gives: "link",
    extraParams: noExtraParams,
    maxExpiresInSeconds: 6 * hour,
    linkSeconds: 3 * hour,
    renewable: false,
    source: "paypal-rest-api-specifications checkout_orders_v2: 3 h until approved, then 3 h to capture",
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof scenes;
