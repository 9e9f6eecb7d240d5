import * as z from "zod";
import type { Contract } from "./contract.ts";
import { answeredTime, plainId } from "./fields.ts";
import { exampleOrder, examplePayment, paymentAnswer } from "./payment-answer.ts";

const byOrderNo = z.strictObject({ order_no: plainId.describe("The gateway's number of the payment.") });

export const queryPaymentContract = {
  operationId: "queryPayment",
  route: "GET /api/v1/payment/query/{order_no}",
  tag: "Payments",
  summary: "Get a payment; one that is not final is first fetched from the provider, at most every 3 seconds",
  scope: "query",
  from: "path",
  input: byOrderNo,
  answer: paymentAnswer,
  failures: ["order_not_found"],
  example: { input: { order_no: exampleOrder.order_no }, answer: examplePayment },
} satisfies Contract;

export const findPaymentContract = {
  operationId: "findPayment",
  route: "GET /api/v1/payment/query",
  tag: "Payments",
  summary: "Get a payment by your own number",
  scope: "query",
  from: "query",
  input: z.strictObject({ out_trade_no: plainId.describe("Your own number of the order.") }),
  answer: paymentAnswer,
  failures: ["order_not_found"],
  example: { input: { out_trade_no: exampleOrder.out_trade_no }, answer: examplePayment },
} satisfies Contract;

export const closePaymentContract = {
  operationId: "closePayment",
  route: "POST /api/v1/payment/close/{order_no}",
  tag: "Payments",
  summary: "Close a payment at the provider, then here",
  scope: "create",
  from: "body",
  mayBeBodyless: true,
  input: byOrderNo,
  answer: paymentAnswer,
  failures: ["order_not_found", "order_status", "config_not_found", "close_not_possible", "close_failed"],
  example: {
    input: { order_no: exampleOrder.order_no },
    answer: {
      ...examplePayment,
      trade_no: "",
      status: "closed",
      payment_time: null,
      version: 3,
      closed_at: "2026-01-31T00:30:00.000Z",
      updated_at: "2026-01-31T00:30:00.000Z",
    },
  },
} satisfies Contract;

export const paymentTimelineContract = {
  operationId: "paymentTimeline",
  route: "GET /api/v1/payment/timeline/{order_no}",
  tag: "Payments",
  summary: "Get everything that happened to a payment",
  scope: "query",
  from: "path",
  input: byOrderNo,
  answer: z
    .object({
      items: z
        .array(
          z.object({
            at: answeredTime.describe("When it happened."),
            kind: z.string().describe("Kind of the step."),
            title: z.string().describe("The step in words, for people."),
            data: z.record(z.string(), z.unknown()).describe("Its details, without secrets."),
          }),
        )
        .describe(
          "Oldest first: calls to the provider, verified provider events, status changes, delivery attempts.",
        ),
    })
    .meta({ id: "Timeline" }),
  failures: ["order_not_found"],
  example: {
    input: { order_no: exampleOrder.order_no },
    answer: {
      items: [
        { at: "2026-01-31T00:00:00.000Z", kind: "payment", title: "payment created", data: {} },
        {
          at: "2026-01-31T00:01:31.204Z",
          kind: "payment",
          title: "paid",
          data: { from: "pending", to: "success" },
        },
      ],
    },
  },
} satisfies Contract;
