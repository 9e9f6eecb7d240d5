import * as z from "zod";
import type { Contract } from "./contract.ts";
import { plainAmount, plainId, text } from "./fields.ts";
import { routes } from "./routes.ts";

export const refundAnswer = z.object({
  refund_no: z.string(),
  order_no: z.string(),
  out_trade_no: z.string(),
  trade_no: z.string(),
  refund_id: z.string(),
  amount: z.number(),
  currency: z.string(),
  status: z.enum(["processing", "success", "failed"]),
  reason: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const createRefundContract = {
  route: routes.createRefund,
  scope: "refund",
  limit: "refunds",
  from: "body",
  asText: ["amount"],
  wanted: z
    .strictObject({
      order_no: plainId.optional(),
      out_trade_no: plainId.optional(),
      refund_no: plainId,
      amount: plainAmount.optional(),
      reason: text.trim().max(80, "at most 80 characters").default(""),
    })
    .refine((wanted) => (wanted.order_no === undefined) !== (wanted.out_trade_no === undefined), {
      error: "send either order_no or out_trade_no",
      path: ["order_no"],
    }),
  answer: refundAnswer,
} satisfies Contract;

export const queryRefundContract = {
  route: routes.queryRefund,
  scope: "query",
  from: "path",
  wanted: z.strictObject({ refund_no: plainId }),
  answer: refundAnswer,
} satisfies Contract;
