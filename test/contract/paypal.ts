import { expect } from "vitest";
import type { ContractTable } from "./contract-table.ts";

export const table: ContractTable = {
  scenes: {
    checkout: {
      payable: () => ({
        paymentId: expect.stringMatching(/^[0-9A-Z]{17}$/),
        paymentUrl: expect.stringMatching(/^http.*token=[0-9A-Z]{17}/),
        qrCode: "",
        extraData: {},
      }),
    },
  },
  namesObjects: true,
  claims: [
    "close",
    "capture",
    "prepareRefund",
    "refund",
    "lookRefund",
    "register",
    "probe",
    "startKeySeconds",
  ],
  amount: { minor: 1230, currency: "USD" },
  inexpressible: [
    { amount: { minor: 1230, currency: "KRW" }, field: "currency" },
    { amount: { minor: 0, currency: "USD" }, field: "amount" },
    { amount: { minor: 1050, currency: "TWD" }, field: "amount" },
  ],
  // What is not captured is not paid.
  offline: ["close"],
  webhooks: { payment: "hint", refund: "hint" },
  states: { payment: "status", refund: "status" },
  wrongCredentials: {
    "another app's secret": (own, { secret }) => ({ ...own, secret }),
    "another app's webhook": (own, { webhook_id }) => ({ ...own, webhook_id }),
  },
};
