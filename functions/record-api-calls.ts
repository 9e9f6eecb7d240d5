import { callLine } from "../lib/http/call-line.ts";
import { logConsumer } from "../lib/http/log-consumer.ts";
import { openGateway } from "../lib/open-gateway.ts";

export const handler = logConsumer(callLine, (calls) => openGateway().calls.record(calls));
