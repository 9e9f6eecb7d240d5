import { day, noExtraParams, type Scene } from "../scene.ts";

/**
 * Stripe's ways to pay; the first is the default. The lifetimes are from public copies of the provider's pages,
 * 2026-11-30.
 */
export const scenes = {
  checkout: {
    gives: "link",
    extraParams: noExtraParams,
    maxExpiresInSeconds: day,
    renewable: false,
    source: "docs.stripe.com/api/checkout/sessions/create, expires_at: 30 min to 24 h after creation",
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof scenes;
