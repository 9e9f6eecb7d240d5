import { generateKeyPairSync, sign } from "node:crypto";
import { type ContractTable, day, hour } from "../contract-table.ts";

const ours = generateKeyPairSync("rsa", { modulusLength: 2048 });

export const contract: ContractTable = {
  paymentId: ({ orderNo }) => orderNo,
  scenes: {
    page: {
      handle: /\/gateway\.do\?.*method=alipay\.trade\.page\.pay.*&sign=/,
      beginsWithBuyer: true,
      lives: [[day, day, day]],
    },
    qr: {
      handle: /^http/,
      beginsWithBuyer: true,
      // alipay-sdk-php-all v3/src/Model/AlipayTradePrecreateModel: the code lives 2 h whatever time_expire says.
      lives: [
        [day, day, 2 * hour],
        [hour, hour, hour],
      ],
    },
  },
  claims: ["close", "prepareRefund", "refund", "fetchRefund", "probe"],
  amount: { minor: 1230, currency: "CNY" },
  inexpressible: [
    { amount: { minor: 1230, currency: "USD" }, field: "currency" },
    { amount: { minor: 0, currency: "CNY" }, field: "amount" },
    { amount: { minor: 10_000_000_001, currency: "CNY" }, field: "amount" },
  ],
  offline: ["createPayment page"],
  webhooks: { payment: "paid", refund: "refundedTotal" },
  states: { payment: "trade_status", refund: "refund_status" },
  answers: {
    trustingUs: (credentials) => ({
      ...credentials,
      public_key: ours.publicKey.export({ type: "spki", format: "pem" }),
    }),
    signedByUs(answer) {
      // Alipay signs one member of the JSON object; a body without such a member cannot be signed.
      const [, name, content] = /^\{"(\w+)":(.*),"sign":"[^"]*"\}$/s.exec(answer.body) ?? [];
      if (content === undefined) return answer;
      const signature = sign("sha256", Buffer.from(content), ours.privateKey).toString("base64");
      return { ...answer, body: `{"${name}":${content},"sign":"${signature}"}` };
    },
    unverified: [{ unsigned: true }],
  },
  wrongCredentials: {
    "another application's private key": (own, { private_key }) => ({ ...own, private_key }),
    "another application's platform key": (own, { public_key }) => ({ ...own, public_key }),
    "an application that does not exist": (own) => ({ ...own, app_id: "2021000000000000" }),
  },
};
