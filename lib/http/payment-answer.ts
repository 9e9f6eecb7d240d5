import * as z from "zod";
import { paymentStatuses } from "../domain/payment-state.ts";
import { example } from "../providers/registry.ts";
import { answeredAmount, answeredTime } from "./fields.ts";

/** Describes `payable_until`. */
export const payableUntil =
  "When this link or code expires; until `expires_at`, repeating the create may return a new one.";

export const paymentAnswer = z
  .object({
    order_no: z.string().describe("The gateway's number of the payment."),
    out_trade_no: z.string().describe("Your own number of the order."),
    provider: z.string().describe("Who takes the money."),
    trade_no: z.string().describe("The provider's number of the transaction; empty until it is known."),
    subject: z.string().describe("What is paid for."),
    body: z.string().describe("More about it; may be empty."),
    amount: answeredAmount.describe("A number: 10.00 prints 10."),
    currency: z.string().describe("ISO 4217."),
    status: z
      .enum(paymentStatuses)
      .describe(
        "`processing`: the provider's answer is not known or not final yet; `pending`: can be paid; `success`: paid, final; `failed` and `closed` become `success` only if the provider confirms a payment.",
      ),
    payment_time: answeredTime.nullable().describe("When the buyer paid."),
    created_at: answeredTime.describe("When it was created."),
    updated_at: answeredTime.describe("When it last changed."),
    scene: z.string().describe("How the buyer pays."),
    payment_id: z.string().describe("The provider's id of the payable object (session or order)."),
    payment_url: z
      .string()
      .describe("Where to send the buyer; empty for scenes without a link, and after the link has expired."),
    qr_code: z
      .string()
      .describe("Text to show as a QR code; empty for other scenes, and after the code has expired."),
    refunded_amount: answeredAmount.describe("How much of it has been refunded."),
    expires_at: answeredTime.describe("When the order expires."),
    payable_until: answeredTime.nullable().describe(`${payableUntil} Null while there is none.`),
    closed_at: answeredTime.nullable().describe("When it was closed."),
    metadata: z.record(z.string(), z.string()).describe("As it was sent."),
    version: z
      .int()
      .describe("Increases with every change of status or refunds: the highest version is the newest."),
    late_success: z.boolean().describe("Whether it was paid after it had failed or been closed."),
    livemode: z.boolean().describe("Whether real money moves."),
    looked_up_at: answeredTime
      .nullable()
      .describe("When the provider was last polled about it; webhooks do not count."),
    notify_status: z
      .enum(["none", "pending", "sending", "success", "exhausted", "held"])
      .describe("Whether you have received its last event."),
  })
  .meta({ id: "Payment" });

/** The order that every example of the API reference is about. */
export const exampleOrder = {
  order_no: "UNI20260131000000XQ5Y7K2M9DT8WB4",
  out_trade_no: "order-1",
  provider: example.provider,
  subject: "Green tea",
  currency: "CNY",
  livemode: true,
};

export const exampleCheckout = {
  payment_id: example.paymentId,
  payment_url: example.paymentUrl,
  qr_code: "",
  expires_at: "2026-01-31T02:00:00.000Z",
  payable_until: "2026-01-31T02:00:00.000Z",
};

export const examplePayment: z.input<typeof paymentAnswer> = {
  ...exampleOrder,
  ...exampleCheckout,
  trade_no: example.tradeNo,
  body: "",
  amount: 12.34,
  status: "success",
  payment_time: "2026-01-31T00:01:30.000Z",
  created_at: "2026-01-31T00:00:00.000Z",
  updated_at: "2026-01-31T00:01:31.204Z",
  scene: example.scene,
  refunded_amount: 0,
  closed_at: null,
  metadata: { basket: "7" },
  version: 3,
  late_success: false,
  looked_up_at: null,
  notify_status: "success",
};
