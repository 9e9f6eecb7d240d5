import { aPrivateKey } from "../a-private-key.ts";
import type { TestKit } from "../test-kit.ts";
import { contract } from "./contract.ts";
import { forger } from "./forgeries.ts";
import { openWechatSigner } from "./signer.ts";

export const kit: TestKit = {
  contract,
  publicFields: ["app_id", "mch_id", "serial_no", "public_key_id", "public_key"],
  authorizes: true,
  wrongConfigs: [
    ["another private key", { private_key: aPrivateKey() }, /WeChat Pay|private_key|serial_no/],
    ["a short api_v3_key", { api_v3_key: "short" }, /api_v3_key: must be exactly 32 bytes/],
  ],
  errorOf: (text) => ({ code: text, message: text, detail: { location: text } }),
  // trade_state REFUND does not say how much was refunded: a person must check.
  // https://pay.weixin.qq.com/doc/v3/merchant/4012791880
  dashboardRefund: { amount: "25.00", refunded: "0", raised: ["unbooked_refund"], tellsPart: false },
  replaySeconds: 24 * 3600,
  zeroIsUnreadable: true,
  openSigner: openWechatSigner,
  forger,
  parsers: async () => (await import("./parsers.ts")).parsers,
};
