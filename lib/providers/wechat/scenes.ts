import { day, hour, noExtraParams, type Scene } from "../scene.ts";

/**
 * WeChat Pay's ways to pay; the first is the default. The lifetimes are from public copies of the provider's pages,
 * 2026-11-30. Orders may live 7 days at WeChat Pay, longer than our API allows.
 */
export const scenes = {
  native: {
    gives: "code",
    extraParams: noExtraParams,
    maxExpiresInSeconds: day,
    linkSeconds: 2 * hour,
    renewable: true,
    source:
      "pay.weixin.qq.com/doc/v3/merchant/4012791877 (2 h) and 4012791870 (the same create gives a new one)",
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof scenes;
