import { queueConsumer } from "../lib/http/queue-consumer.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { pollPayment } from "../lib/payments/poll-payment.ts";
import { pollRefund } from "../lib/payments/poll-refund.ts";
import { pollMessage } from "../lib/queue/gateway-wake-ups.ts";

export const handler = queueConsumer(pollMessage, (message) => {
  const polled = { userId: message.merchant, due: new Date(message.due) };
  if ("refund" in message) return pollRefund(openGateway(), { ...polled, refundId: message.refund });
  return pollPayment(openGateway(), { ...polled, orderNo: message.order_no });
});
