import { deliver } from "../lib/deliveries/deliver.ts";
import { queueConsumer } from "../lib/http/queue-consumer.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { deliveryMessage, wakeUpOf } from "../lib/queue/gateway-wake-ups.ts";

export const handler = queueConsumer(deliveryMessage, (message) => deliver(openGateway(), wakeUpOf(message)));
