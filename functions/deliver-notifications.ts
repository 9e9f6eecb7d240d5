import { queueConsumer } from "../lib/http/queue-consumer.ts";
import { deliver } from "../lib/notify/deliver.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { deliveryMessage, hintOf } from "../lib/queue/gateway-hints.ts";

export const handler = queueConsumer(deliveryMessage, (message) => deliver(openGateway(), hintOf(message)));
