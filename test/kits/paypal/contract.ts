import { type ContractTable, day, hour } from "../contract-table.ts";

export const contract: ContractTable = {
  paymentId: /^[0-9A-Z]{17}$/,
  scenes: {
    checkout: {
      handle: /^http.*token=[0-9A-Z]{17}/,
      // paypal-rest-api-specifications checkout_orders_v2: 3 h until approved, 3 h more to capture.
      lives: [
        [day, 6 * hour, 3 * hour],
        [4 * hour, 4 * hour, 3 * hour],
        [hour, hour, hour],
      ],
    },
  },
  namesObjects: true,
  claims: [
    "close",
    "capture",
    "prepareRefund",
    "refund",
    "fetchRefund",
    "register",
    "probe",
    "createKeySeconds",
  ],
  amount: { minor: 1230, currency: "USD" },
  inexpressible: [
    { amount: { minor: 1230, currency: "KRW" }, field: "currency" },
    { amount: { minor: 0, currency: "USD" }, field: "amount" },
    { amount: { minor: 1050, currency: "TWD" }, field: "amount" },
  ],
  // An order that is never captured is never paid.
  offline: ["close"],
  webhooks: { payment: "refetch", refund: "refetch" },
  states: { payment: "status", refund: "status" },
  wrongCredentials: {
    "another app's secret": (own, { secret }) => ({ ...own, secret }),
    "another app's webhook": (own, { webhook_id }) => ({ ...own, webhook_id }),
  },
};
