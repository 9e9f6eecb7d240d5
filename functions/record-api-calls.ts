import { apiCallLine } from "../lib/http/api-call-line.ts";
import { logConsumer } from "../lib/http/log-consumer.ts";
import { openGateway } from "../lib/open-gateway.ts";

export const handler = logConsumer(apiCallLine, (calls) => openGateway().calls.record(calls));
