import { resendNotification } from "../lib/deliveries/resend-notification.ts";
import { endpoint, serve } from "../lib/http/endpoint.ts";
import { resendNotificationContract } from "../lib/http/list-contracts.ts";
import { seenAnswer } from "../lib/http/payment-mapping.ts";
import { shown } from "../lib/payments/link.ts";

export const handler = serve(
  endpoint(resendNotificationContract, async (gateway, caller, { order_no, event_id = null }) => {
    const seen = await resendNotification(gateway, caller, { orderNo: order_no, eventId: event_id });
    return seenAnswer({ ...seen, payment: await shown(gateway, seen.payment) });
  }),
);
