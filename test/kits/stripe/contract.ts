import { type ContractTable, day } from "../contract-table.ts";

export const contract: ContractTable = {
  paymentId: /^cs_/,
  scenes: {
    checkout: {
      handle: /^http.*\/c\/pay\/cs_/,
      // docs.stripe.com/api/checkout/sessions/create: expires_at is at most 24 h away.
      lives: [
        [day, day, day],
        [60, 60, 60],
      ],
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
