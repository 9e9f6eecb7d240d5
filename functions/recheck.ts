import { queueConsumer } from "../lib/http/queue-consumer.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { recheck } from "../lib/payment/recheck.ts";
import { recheckMessage } from "../lib/queue/gateway-hints.ts";
import { recheckRefund } from "../lib/refund/look-refund.ts";

export const handler = queueConsumer(recheckMessage, (message) => {
  const asked = { userId: message.merchant, due: new Date(message.due) };
  if ("refund" in message) return recheckRefund(openGateway(), { ...asked, refundId: message.refund });
  return recheck(openGateway(), { ...asked, orderNo: message.order_no });
});
