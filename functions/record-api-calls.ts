import { apiCallLine } from "../lib/http/api-call-line.ts";
import { logConsumer } from "../lib/http/log-consumer.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { recordCalls } from "../lib/storage/calls.ts";

export const handler = logConsumer(apiCallLine, (calls) => recordCalls(openGateway().db, calls));
