import { startPaypalProxy } from "../../steps/paypal-proxy.ts";
import type { TestKit } from "../test-kit.ts";
import { captureAndDie } from "./capture-and-die.ts";
import { contract } from "./contract.ts";
import { forger } from "./forgeries.ts";
import { openPaypalSigner } from "./signer.ts";

export const kit: TestKit = {
  contract,
  publicFields: ["account", "client_id", "mode"],
  authorizes: true,
  webhookByHand: { webhook_id: "8PT597110X687430L" },
  liveCredentials: { mode: "live" },
  wrongConfigs: [
    ["a wrong secret", { secret: `E${"w".repeat(79)}` }, /PayPal refused the credentials/],
    ["somebody else's webhook_id", { webhook_id: "8PT597110X687430L" }, /webhook_id is not one of/],
  ],
  errorOf: (text) => ({ name: text, message: text, details: [{ issue: text, description: text }] }),
  // https://developer.paypal.com/docs/api/orders/v2/#orders_get (payments.refunds)
  dashboardRefund: { amount: "25.00", refunded: "2500", raised: [], tellsPart: true },
  captureAndDie,
  startSigningProxy: startPaypalProxy,
  openSigner: openPaypalSigner,
  forger,
  parsers: async () => (await import("./parsers.ts")).parsers,
};
