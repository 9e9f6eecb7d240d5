import {
  type PaymentNotificationBody,
  paymentNotificationBody,
  type RefundNotificationBody,
  refundNotificationBody,
} from "../../domain/notification-body.ts";
import { exampleEventId } from "../list-contracts.ts";
import { exampleOrder, examplePayment } from "../payment-answer.ts";
import { exampleRefund } from "../refund-contracts.ts";
import type { JsonSchemas } from "./schemas.ts";

const facts = {
  ...exampleOrder,
  event_id: exampleEventId,
  trade_no: examplePayment.trade_no,
  amount: 12.34,
  status: "success",
  payment_time: examplePayment.payment_time,
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
  occurred_at: exampleRefund.updated_at,
};

/** The notifications that the gateway posts to a merchant's `notify_url`. */
export function notifications(schemas: JsonSchemas) {
  return {
    payment: {
      post: notification(
        "paymentNotification",
        "A payment was paid, closed, or failed",
        schemas.of(paymentNotificationBody),
        paymentNotification,
      ),
    },
    refund: {
      post: notification(
        "refundNotification",
        "A refund ended",
        schemas.of(refundNotificationBody),
        refundNotification,
      ),
    },
  };
}

function notification(operationId: string, summary: string, schema: object, body: { event_id: string }) {
  return {
    operationId,
    tags: ["Notifications"],
    summary,
    description:
      "Signed with the merchant's `whsec_…` secret as the Standard Webhooks specification says. Notifications may arrive twice, late or out of order: use `webhook-id` to detect repeats and `version` to detect older states.",
    security: [],
    parameters: [
      header("webhook-id", "The `event_id`, the same on every attempt.", body.event_id),
      header("webhook-timestamp", "When this attempt was signed, in seconds since 1970.", "1769817691"),
      header(
        "webhook-signature",
        "One for each live secret, separated by spaces: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.",
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
      ),
    ],
    requestBody: { required: true, content: { "application/json": { schema, example: body } } },
    responses: {
      "2XX": { description: "Received; nothing more is sent." },
      410: { description: "Puts this URL on hold: nothing more is sent to it until a resend is received." },
      default: {
        description:
          "Not received (redirects included): sent again 1, 2, 5, 10 and 30 minutes after each failure.",
      },
    },
  };
}

function header(name: string, description: string, value: string) {
  return { name, in: "header", required: true, description, schema: { type: "string" }, example: value };
}
