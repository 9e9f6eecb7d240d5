import * as z from "zod";
import { example } from "../providers/registry.ts";
import type { Contract } from "./contract.ts";
import { answeredAmount, answeredTime, plainAmount, plainId, text } from "./fields.ts";
import { exampleOrder, examplePayment } from "./payment-answer.ts";

export const refundAnswer = z
  .object({
    refund_no: z.string().describe("Your own number of the refund."),
    order_no: z.string().describe("The gateway's number of the payment."),
    out_trade_no: z.string().describe("Your own number of the order."),
    trade_no: z.string().describe("The provider's number of the paid transaction."),
    refund_id: z.string().describe("The provider's id of the refund; empty until it is known."),
    amount: answeredAmount.describe("A number: 10.00 prints 10."),
    currency: z.string().describe("ISO 4217, that of the payment."),
    status: z
      .enum(["processing", "success", "failed"])
      .describe("`processing`: not final, or the outcome is unknown; the amount stays reserved."),
    reason: z.string().describe("As it was sent; may be empty."),
    created_at: answeredTime.describe("When it was created."),
    updated_at: answeredTime.describe("When it last changed."),
  })
  .meta({ id: "Refund" });

export const exampleRefund: z.input<typeof refundAnswer> = {
  refund_no: "refund-1",
  order_no: exampleOrder.order_no,
  out_trade_no: "order-1",
  trade_no: examplePayment.trade_no,
  refund_id: example.refundId,
  amount: 2.34,
  currency: "CNY",
  status: "success",
  reason: "one cup was broken",
  created_at: "2026-02-01T08:00:00.000Z",
  updated_at: "2026-02-01T08:00:01.310Z",
};

export const createRefundContract = {
  operationId: "createRefund",
  route: "POST /api/v1/payment/refund",
  tag: "Refunds",
  summary: "Refund a payment in full or in part, or get the refund that the same request created before",
  scope: "refund",
  limit: "refunds",
  from: "body",
  asText: ["amount"],
  input: z
    .strictObject({
      order_no: plainId.optional().describe("The gateway's number of the payment."),
      out_trade_no: plainId.optional().describe("Or your own number of the order."),
      refund_no: plainId.describe("Your own number of the refund; repeating it never refunds twice."),
      amount: plainAmount.optional().describe("A number or a decimal string; by default all that is left."),
      reason: text
        .trim()
        .max(80, "at most 80 characters")
        .default("")
        .describe("Shown to the buyer if the provider supports it."),
    })
    .refine((input) => (input.order_no === undefined) !== (input.out_trade_no === undefined), {
      error: "send either order_no or out_trade_no",
      path: ["order_no"],
    })
    .meta({ oneOf: [{ required: ["order_no"] }, { required: ["out_trade_no"] }] }),
  answer: refundAnswer,
  failures: [
    "order_not_found",
    "order_status",
    "amount_not_allowed",
    "conflict",
    "config_not_found",
    "refund_refused",
    "refund_not_accepted",
    "refund_unknown",
  ],
  example: {
    input: { out_trade_no: "order-1", refund_no: "refund-1", amount: "2.34", reason: "one cup was broken" },
    answer: exampleRefund,
  },
} satisfies Contract;

export const queryRefundContract = {
  operationId: "queryRefund",
  route: "GET /api/v1/payment/refund/{refund_no}",
  tag: "Refunds",
  summary: "Get a refund; one that is not final is first fetched from the provider",
  scope: "query",
  from: "path",
  input: z.strictObject({ refund_no: plainId.describe("Your own number of the refund.") }),
  answer: refundAnswer,
  failures: ["not_found"],
  example: { input: { refund_no: exampleRefund.refund_no }, answer: exampleRefund },
} satisfies Contract;
