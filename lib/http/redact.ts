import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { rawBody, readJsonBody } from "./json-body.ts";
import { masked } from "./masked.ts";

/**
 * How a field is stored in the record of a call: a `code` unchanged, a `link` without its query, `words` (messages of
 * ours and of providers) with secrets masked, `inside` field by field, anything else only as its `size`. Merchants put
 * buyers' names, addresses and worse into free text and into maps, even into the keys of maps.
 */
type Keep = "code" | "link" | "words" | "inside" | "size";

/** Fields of requests. Unknown fields are only counted, because callers choose their names too. */
export const requestFields: Readonly<Record<string, Keep>> = {
  provider: "code",
  out_trade_no: "code",
  order_no: "code",
  refund_no: "code",
  event_id: "code",
  amount: "code",
  currency: "code",
  scene: "code",
  expires_in: "code",
  config: "code",
  status: "code",
  from: "code",
  to: "code",
  cursor: "code",
  limit: "code",
  notify_url: "link",
  return_url: "link",
  subject: "size",
  body: "size",
  reason: "size",
  metadata: "size",
  extra_params: "size",
};

/**
 * Fields of answers. QR codes are stored as their size, because anybody who has one can use it; links lose their query.
 */
export const answerFields: Readonly<Record<string, Keep>> = {
  ...requestFields,
  code: "code",
  message: "words",
  request_id: "code",
  data: "inside",
  errors: "inside",
  provider_error: "inside",
  field: "code",
  trade_no: "code",
  payment_id: "code",
  refund_id: "code",
  refunded_amount: "code",
  payment_time: "code",
  created_at: "code",
  updated_at: "code",
  expires_at: "code",
  payable_until: "code",
  closed_at: "code",
  looked_up_at: "code",
  notify_status: "code",
  version: "code",
  late_success: "code",
  livemode: "code",
  next_cursor: "code",
  payment_url: "link",
  qr_code: "size",
  extra_data: "size",
  items: "size",
};

/** Ids, numbers, times and names of the API. Longer values may be tokens; other characters mean free text. */
const code = /^[\w.:+=/-]{0,80}$/;
const webUrl = /^https?:/i;
const longestLink = 200;
const longestWords = 200;
const mostEntries = 8;
const deepest = 2;

/** Keeps path segments that look like codes; others are replaced by their size. */
export function redactPath(path: string): string {
  return masked(path.replace(/[^/]+/g, (part) => (code.test(part) ? part : size(part))));
}

type Sent = Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded" | "queryStringParameters">;

/** JSON of a request's redacted fields: of its body, or of its query if there is no body. */
export function redactRequest(event: Sent): string {
  const body = rawBody(event);
  if (body.length === 0) return JSON.stringify(fields(event.queryStringParameters ?? {}, requestFields, 0));
  return redactJson(body.length, requestFields, () => readJsonBody(body, ["amount"]));
}

/** JSON of an answer's redacted fields. */
export function redactAnswer(body: string): string {
  return redactJson(body.length, answerFields, () => JSON.parse(body));
}

function redactJson(length: number, shown: Readonly<Record<string, Keep>>, read: () => unknown): string {
  try {
    return JSON.stringify(redact(read(), "inside", shown, 0));
  } catch {
    return JSON.stringify(`[unreadable: ${length} bytes]`);
  }
}

function redact(value: unknown, keep: Keep, shown: Readonly<Record<string, Keep>>, depth: number): unknown {
  if (value === null) return null;
  if (typeof value === "object") {
    if (keep !== "inside" || depth > deepest) return size(value);
    if (!Array.isArray(value)) return fields(value, shown, depth + 1);
    return value.slice(0, mostEntries).map((entry) => redact(entry, keep, shown, depth + 1));
  }
  const text = masked(String(value));
  if (keep === "code" && code.test(String(value))) return text === String(value) ? value : text;
  if (keep === "link" && webUrl.test(String(value))) return link(String(value)) ?? size(value);
  return keep === "words" ? text.slice(0, longestWords) : size(value);
}

function fields(of: object, shown: Readonly<Record<string, Keep>>, depth: number): Record<string, unknown> {
  const entries = Object.entries(of);
  const entriesShown = entries.flatMap(([name, value]) => {
    const keep = Object.hasOwn(shown, name) ? shown[name] : undefined;
    return keep === undefined ? [] : [[name, redact(value, keep, shown, depth)] as const];
  });
  const unknown = entries.length - entriesShown.length;
  return { ...Object.fromEntries(entriesShown), ...(unknown > 0 && { "[unknown fields]": unknown }) };
}

function size(value: unknown): string {
  if (typeof value === "string") return `[${value.length} characters]`;
  return typeof value === "object" ? `[${Object.keys(value ?? {}).length} entries]` : `[a ${typeof value}]`;
}

/** Removes user, query and fragment, masks the path and truncates the rest, because long paths may hold tokens. */
function link(url: string): string | undefined {
  const { protocol, host, pathname } = URL.parse(url) ?? {};
  return host && masked(`${protocol}//${host}${pathname}`).slice(0, longestLink);
}
