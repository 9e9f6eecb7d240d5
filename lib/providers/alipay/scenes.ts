import { day, hour, noExtraParams, type Scene } from "../scene.ts";

/**
 * Alipay's ways to pay; the first is the default. The lifetimes are from public copies of the provider's pages,
 * 2026-11-30. Orders may live 15 days at Alipay, longer than our API allows.
 */
export const scenes = {
  page: {
    extraParams: noExtraParams,
    maxExpiresInSeconds: day,
    renewable: true,
    signedByUs: true,
    source: "alipay-sdk-php-all v3/src/Model, time_expire: 1 m to 15 d; the link is our own signed request",
  },
  qr: {
    extraParams: noExtraParams,
    maxExpiresInSeconds: day,
    linkSeconds: 2 * hour,
    renewable: false,
    source: "alipay-sdk-php-all v3/src/Model, precreate: the code lives 2 h whatever time_expire says",
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof scenes;
