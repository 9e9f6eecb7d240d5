import { aPrivateKey } from "../a-private-key.ts";
import type { TestKit } from "../test-kit.ts";
import { contract } from "./contract.ts";
import { forger } from "./forgeries.ts";
import { openAlipaySigner } from "./signer.ts";

export const kit: TestKit = {
  contract,
  publicFields: ["app_id", "seller_id", "public_key"],
  authorizes: false,
  liveCredentials: { is_production: true },
  wrongConfigs: [
    ["another private key", { private_key: aPrivateKey() }, /private_key does not belong to/],
    ["an unknown application", { app_id: "2021999999999999" }, /app_id/],
    ["an invalid private key", { private_key: "MIIBroken" }, /private_key: .*key/],
    ["an unknown field", { appid: "1" }, /appid/],
  ],
  errorOf: (text) => ({
    error_response: { code: text, msg: text, sub_code: text, sub_msg: text },
    sign: "AAAA",
  }),
  // trade.query returns only the state of the trade, and a fully refunded trade is closed:
  // https://opendocs.alipay.com/open/82ea786a_alipay.trade.query
  dashboardRefund: { amount: "100.00", refunded: "10000", raised: [], tellsPart: false },
  replaySeconds: 24 * 3600,
  openSigner: openAlipaySigner,
  forger,
  parsers: async () => (await import("./parsers.ts")).parsers,
};
