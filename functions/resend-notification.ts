import { endpoint, serve } from "../lib/http/endpoint.ts";
import { resendNotificationContract } from "../lib/http/list-contracts.ts";
import { seenAnswer } from "../lib/http/payment-answers.ts";
import { resendNotification } from "../lib/notify/resend-notification.ts";
import { type Gateway, openGateway } from "../lib/open-gateway.ts";

export const handler = serve(
  openGateway,
  endpoint(resendNotificationContract, async (gateway: Gateway, caller, { order_no, event_id = null }) =>
    seenAnswer(await resendNotification(gateway, caller, { orderNo: order_no, eventId: event_id })),
  ),
);
