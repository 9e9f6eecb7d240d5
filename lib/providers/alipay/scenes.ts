import { day, hour, noExtraParams, type Scene } from "../scene.ts";

/** A payment page of Alipay. Its link is our own signed request of `method`; no call is made. */
export type Page = { method: string; productCode: string };

/** Without a page, `alipay.trade.precreate` makes a code. */
type AlipayScene = Scene & { page?: Page };

/**
 * Alipay's ways to pay; the first is the default. The lifetimes are from public copies of the provider's pages,
 * 2026-11-30. Orders may live 15 days at Alipay, longer than our API allows.
 */
export const scenes = {
  page: {
    gives: "link",
    page: { method: "alipay.trade.page.pay", productCode: "FAST_INSTANT_TRADE_PAY" },
    extraParams: noExtraParams,
    maxExpiresInSeconds: day,
    renewable: true,
    signedByUs: true,
    source: "alipay-sdk-php-all v3/src/Model, time_expire: 1 m to 15 d; the link is our own signed request",
  },
  qr: {
    gives: "code",
    extraParams: noExtraParams,
    maxExpiresInSeconds: day,
    linkSeconds: 2 * hour,
    renewable: false,
    source: "alipay-sdk-php-all v3/src/Model, precreate: the code lives 2 h whatever time_expire says",
  },
} satisfies Record<string, AlipayScene>;

export function alipayScene({ scene }: { scene: string }): AlipayScene {
  return scenes[scene as keyof typeof scenes];
}
