import { queueConsumer } from "../lib/http/queue-consumer.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { recheck } from "../lib/payment/recheck.ts";
import { recheckMessage } from "../lib/queue/gateway-hints.ts";

export const handler = queueConsumer(recheckMessage, ({ order_no, merchant }) =>
  recheck(openGateway(), { orderNo: order_no, userId: merchant }),
);
