import { generateKeyPairSync, sign } from "node:crypto";
import { type ContractTable, day, hour } from "../contract-table.ts";

const ours = generateKeyPairSync("rsa", { modulusLength: 2048 });

export const contract: ContractTable = {
  paymentId: ({ orderNo }) => orderNo,
  scenes: {
    native: {
      handle: /^weixin:\/\//,
      // pay.weixin.qq.com/doc/v3/merchant/4012791877: a code_url lives 2 h.
      lives: [
        [day, day, 2 * hour],
        [2 * hour, 2 * hour, 2 * hour],
      ],
    },
  },
  claims: ["close", "prepareRefund", "refund", "fetchRefund", "probe"],
  amount: { minor: 1230, currency: "CNY" },
  inexpressible: [
    { amount: { minor: 1230, currency: "USD" }, field: "currency" },
    { amount: { minor: 0, currency: "CNY" }, field: "amount" },
  ],
  offline: [],
  webhooks: { payment: "paid", refund: "refunded" },
  states: { payment: "trade_state", refund: "status" },
  refundDone: "SUCCESS",
  answers: {
    trustingUs: (credentials) => ({
      ...credentials,
      public_key: ours.publicKey.export({ type: "spki", format: "pem" }),
    }),
    signedByUs(answer) {
      const { "wechatpay-timestamp": time, "wechatpay-nonce": nonce } = answer.headers;
      const signed = Buffer.from(`${time}\n${nonce}\n${answer.body}\n`);
      const signature = sign("sha256", signed, ours.privateKey).toString("base64");
      return { ...answer, headers: { ...answer.headers, "wechatpay-signature": signature } };
    },
    unverified: [{ unsigned: true }, { signature_probes: true }],
  },
  wrongCredentials: {
    "another merchant's private key": (own, { private_key }) => ({ ...own, private_key }),
    "another merchant's public key of WeChat Pay": (own, { public_key }) => ({ ...own, public_key }),
    "another merchant's number": (own, { mch_id }) => ({ ...own, mch_id }),
  },
};
