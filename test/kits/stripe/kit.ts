import type { TestKit } from "../test-kit.ts";
import { contract } from "./contract.ts";
import { forger } from "./forgeries.ts";
import { openStripeSigner } from "./signer.ts";

export const kit: TestKit = {
  contract,
  publicFields: ["account"],
  authorizes: true,
  webhookByHand: { webhook_secret: "whsec_by_hand" },
  liveCredentials: { secret_key: "sk_live_51canary" },
  wrongConfigs: [
    ["an unknown key", { secret_key: `sk_test_${"x".repeat(40)}` }, /Stripe does not know/],
    ["a publishable key", { secret_key: "pk_test_1234567890" }, /secret_key/],
  ],
  errorOf: (text) => ({ error: { type: text, code: text, message: text, param: text } }),
  // https://docs.stripe.com/api/refunds/list
  dashboardRefund: { amount: "25.00", refunded: "2500", raised: [], tellsPart: true },
  // An older event may have been followed by refunds.
  replaySeconds: 20,
  // Stripe's minimum.
  externalSessionFrom: 100,
  openSigner: openStripeSigner,
  forger,
  parsers: async () => (await import("./parsers.ts")).parsers,
};
