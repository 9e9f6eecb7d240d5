import * as z from "zod";
import { paymentStatuses } from "./payment-state.ts";

const time = z.string().meta({ format: "date-time" });

/** Body of a payment notification; the API reference is generated from it. */
export const paymentNotificationBody = z
  .object({
    event: z.enum(["payment.success", "payment.closed", "payment.failed"]),
    event_id: z.string().describe("The same on every attempt; also in `webhook-id`."),
    order_no: z.string().describe("The gateway's number of the payment."),
    out_trade_no: z.string().describe("Your own number of the order."),
    trade_no: z.string().describe("The provider's number of the transaction; empty until it is known."),
    provider: z.string().describe("Who takes the money."),
    amount: z.number().describe("A number: 10.00 prints 10."),
    currency: z.string().describe("ISO 4217."),
    status: z.enum(paymentStatuses).describe("Of the payment, when this happened."),
    payment_time: time.nullable().describe("When the buyer paid."),
    subject: z.string().describe("What is paid for."),
    metadata: z.record(z.string(), z.string()).describe("As it was sent with the create."),
    livemode: z.boolean().describe("Whether real money moves."),
    version: z.int().describe("Of the payment's state: the higher one is the newer."),
    occurred_at: time.describe("When it happened."),
  })
  .meta({ id: "PaymentNotification" });

/** Body of a refund notification; it also contains the payment. */
export const refundNotificationBody = paymentNotificationBody
  .extend({
    event: z.enum(["refund.success", "refund.failed"]),
    refund_no: z.string().describe("Your own number of the refund."),
    refund_amount: z.number().describe("How much this refund gives back."),
    refund_status: z.enum(["success", "failed"]).describe("How the refund ended."),
  })
  .meta({ id: "RefundNotification" });

export type PaymentNotificationBody = z.input<typeof paymentNotificationBody>;
export type RefundNotificationBody = z.input<typeof refundNotificationBody>;
