import type * as z from "zod";
import type { PaymentNotificationBody, RefundNotificationBody } from "../../domain/notification-body.ts";
import type { capabilitiesContract } from "../list-contracts.ts";
import type { createPaymentContract, paymentAnswer, paymentTimelineContract } from "../payment-contracts.ts";
import type { createRefundContract, refundAnswer } from "../refund-contracts.ts";

const order = {
  order_no: "UNI20260131000000XQ5Y7K2M9DT8WB4",
  out_trade_no: "order-1",
  provider: "stripe",
  subject: "Green tea",
  currency: "CNY",
  livemode: true,
};
const checkout = {
  payment_id: "cs_live_a1B2c3D4",
  payment_url: "https://checkout.stripe.com/c/pay/cs_live_a1B2c3D4",
  qr_code: "",
  expires_at: "2026-01-31T02:00:00.000Z",
  payable_until: "2026-01-31T02:00:00.000Z",
};

const paymentInput: z.input<(typeof createPaymentContract)["input"]> = {
  provider: "stripe",
  out_trade_no: "order-1",
  subject: "Green tea",
  amount: "12.34",
  return_url: "https://tea.example.com/thanks",
  metadata: { basket: "7" },
};

const created: z.input<(typeof createPaymentContract)["answer"]> = {
  order_no: order.order_no,
  ...checkout,
  extra_data: {},
  status: "pending",
  livemode: true,
};

const payment: z.input<typeof paymentAnswer> = {
  ...order,
  ...checkout,
  trade_no: "pi_3QABCDEF",
  body: "",
  amount: 12.34,
  status: "success",
  payment_time: "2026-01-31T00:01:30.000Z",
  created_at: "2026-01-31T00:00:00.000Z",
  updated_at: "2026-01-31T00:01:31.204Z",
  scene: "checkout",
  refunded_amount: 0,
  closed_at: null,
  metadata: { basket: "7" },
  version: 3,
  late_success: false,
  looked_up_at: null,
  notify_status: "success",
};

const timeline: z.input<typeof paymentTimelineContract.answer> = {
  items: [
    { at: "2026-01-31T00:00:00.000Z", kind: "payment", title: "payment created", data: {} },
    {
      at: "2026-01-31T00:01:31.204Z",
      kind: "payment",
      title: "paid",
      data: { from: "pending", to: "success" },
    },
  ],
};

const capabilities: z.input<typeof capabilitiesContract.answer> = {
  items: [
    {
      provider: "stripe",
      config: "default",
      scenes: ["checkout"],
      max_expires_in: { checkout: 86_400 },
      verbs: ["create", "query", "close", "refund"],
    },
  ],
};

const refundInput: z.input<typeof createRefundContract.input> = {
  out_trade_no: "order-1",
  refund_no: "refund-1",
  amount: "2.34",
  reason: "one cup was broken",
};

const refund: z.input<typeof refundAnswer> = {
  refund_no: "refund-1",
  order_no: order.order_no,
  out_trade_no: "order-1",
  trade_no: payment.trade_no,
  refund_id: "re_3QABCDEF",
  amount: 2.34,
  currency: "CNY",
  status: "success",
  reason: "one cup was broken",
  created_at: "2026-02-01T08:00:00.000Z",
  updated_at: "2026-02-01T08:00:01.310Z",
};

const facts = {
  ...order,
  event_id: "4f0c7f52-7a0e-4f5e-9d0c-4b1f6f1f6a11",
  trade_no: payment.trade_no,
  amount: 12.34,
  status: "success",
  payment_time: payment.payment_time,
  metadata: { basket: "7" },
  version: 3,
  occurred_at: "2026-01-31T00:01:31.204Z",
} as const;

const paymentNotification: PaymentNotificationBody = { event: "payment.success", ...facts };

const refundNotification: RefundNotificationBody = {
  event: "refund.success",
  ...facts,
  event_id: "b3f9c1d7-02c4-4c1e-8a55-0e7d5c0f9e42",
  refund_no: "refund-1",
  refund_amount: 2.34,
  refund_status: "success",
  occurred_at: refund.updated_at,
};

/** Examples of every request and answer in the API reference, all about the same order. */
export const example = {
  requestId: "JKJaXmPLvHcESHA=",
  paymentInput,
  created,
  payment,
  timeline,
  capabilities,
  refundInput,
  refund,
  paymentNotification,
  refundNotification,
};
