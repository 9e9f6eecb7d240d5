import { expect } from "vitest";
import type { ContractTable } from "./contract-table.ts";

export const table: ContractTable = {
  scenes: {
    checkout: {
      payable: () => ({
        paymentId: expect.stringMatching(/^cs_/),
        paymentUrl: expect.stringMatching(/^http.*\/c\/pay\/cs_/),
        qrCode: "",
        extraData: {},
      }),
    },
  },
  namesObjects: true,
  claims: ["close", "prepareRefund", "refund", "fetchRefund", "register", "probe"],
  amount: { minor: 1230, currency: "USD" },
  inexpressible: [
    { amount: { minor: 1230, currency: "IQD" }, field: "currency" },
    { amount: { minor: 0, currency: "USD" }, field: "amount" },
    { amount: { minor: 100_000_000, currency: "USD" }, field: "amount" },
    { amount: { minor: 1234, currency: "KWD" }, field: "amount" },
  ],
  offline: [],
  webhooks: { payment: "paid", refund: "refunded" },
  states: { payment: "payment_status", refund: "status" },
  wrongCredentials: {
    "a key that does not exist": (own) => ({ ...own, secret_key: "sk_test_51nobody" }),
  },
};
