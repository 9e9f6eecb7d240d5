import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod";
import type { ApiCall } from "../domain/api-call.ts";
import { type CallingKey, currentInvocation } from "../invocation.ts";
import { type LogFields, log } from "../log.ts";
import { masked } from "./masked.ts";
import { redactAnswer, redactPath, redactRequest } from "./redact.ts";

type Event = APIGatewayProxyEventV2;

/** Message of the log line of a call with a valid key. The log subscription filters on it. */
export const apiCall = "merchant call";

/** Logs one line per call. With a valid key the line holds every field of the stored record: see `apiCallLine`. */
export function logCall(
  event: Event,
  { statusCode = 200, body = "" }: APIGatewayProxyStructuredResultV2,
  durationMs: number,
): void {
  const { method, path, sourceIp, userAgent } = event.requestContext.http;
  const call = {
    method,
    path: redactPath(path),
    source: sourceIp,
    user_agent: masked(userAgent ?? ""),
    http_status: statusCode,
    duration_ms: durationMs,
  };
  const { caller } = currentInvocation();
  if (caller) log.info(apiCall, { ...call, ...recordOf(event, caller, statusCode, body) });
  else log.info("call", call);
}

function recordOf(event: Event, { userId, keyId }: CallingKey, statusCode: number, body: string): LogFields {
  const answer = redactAnswer(body);
  return {
    at: new Date(event.requestContext.timeEpoch).toISOString(),
    merchant: userId,
    key_id: keyId,
    order_no: orderNoOf(answer) ?? (statusCode === 200 ? event.pathParameters?.order_no : undefined),
    request: redactRequest(event),
    answer,
  };
}

const aboutOrder = z.object({
  order_no: z.string().optional(),
  data: z.object({ order_no: z.string().optional() }).optional(),
});

/** Read from our answer, never from the request: the number in a request may be another merchant's. */
function orderNoOf(answer: string): string | undefined {
  const { data } = aboutOrder.safeParse(JSON.parse(answer));
  return data?.order_no ?? data?.data?.order_no;
}

/** A log line as the subscription delivers it. Lengths match the columns: one oversized field would fail the batch. */
export const apiCallLine = z
  .object({
    message: z.literal(apiCall),
    request_id: z.string().min(1).max(64),
    merchant: z.string().regex(/^[1-9]\d{0,18}$/),
    key_id: z.string().min(1).max(40),
    at: z.iso.datetime(),
    method: z.string().max(16),
    path: z.string().max(500),
    http_status: z.int().min(100).max(599),
    duration_ms: z.int().nonnegative().max(86_400_000),
    source: z.string().max(45),
    user_agent: z.string().max(500),
    order_no: z.string().max(32).optional(),
    request: z.string().max(4096),
    answer: z.string().max(4096),
  })
  .transform(
    (line): ApiCall => ({
      requestId: line.request_id,
      userId: line.merchant,
      keyId: line.key_id,
      at: new Date(line.at),
      method: line.method,
      path: line.path,
      httpStatus: line.http_status,
      durationMs: line.duration_ms,
      source: line.source,
      userAgent: line.user_agent,
      orderNo: line.order_no ?? null,
      request: line.request,
      answer: line.answer,
    }),
  );
