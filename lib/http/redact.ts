import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { readJsonBody } from "./json-body.ts";
import { masked } from "./masked.ts";
import { rawBody } from "./raw-body.ts";

/**
 * What a record keeps of a field: a `code` as it is, of a `link` no query, `words` of ours and of providers without what
 * could be a secret, of the fields `inside` the same again, of anything else its `size`. Merchants put buyers' names,
 * addresses and worse into free text and into maps, names of entries included.
 */
type Keep = "code" | "link" | "words" | "inside" | "size";

/** Of requests. A field that the API does not know is only counted, because its name is the caller's too. */
export const keptOfRequests: Readonly<Record<string, Keep>> = {
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

/** Of answers. What a buyer pays with is kept by its size: it works for whoever has it. A `payment_url` needs its query. */
export const keptOfAnswers: Readonly<Record<string, Keep>> = {
  ...keptOfRequests,
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

/** Ids, numbers, times and names of the API; a longer one is a token, and one with other characters is free text. */
const code = /^[\w.:+=/-]{0,80}$/;
const webUrl = /^https?:/i;
const longestLink = 200;
const longestWords = 200;
const mostEntries = 8;
const deepest = 2;

/** Of a path what could be one of ours; other parts of it by their size. */
export function redactPath(path: string): string {
  return masked(path.replace(/[^/]+/g, (part) => (code.test(part) ? part : size(part))));
}

type Sent = Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded" | "queryStringParameters">;

/** JSON of what was sent: the body's fields, without a body the query's. */
export function redactRequest(event: Sent): string {
  const body = rawBody(event);
  if (body.length === 0) return JSON.stringify(fields(event.queryStringParameters ?? {}, keptOfRequests, 0));
  return redactJson(body.length, keptOfRequests, () => readJsonBody(body, ["amount"]));
}

/** JSON of what was answered. */
export function redactAnswer(body: string): string {
  return redactJson(body.length, keptOfAnswers, () => JSON.parse(body));
}

function redactJson(length: number, kept: Readonly<Record<string, Keep>>, read: () => unknown): string {
  try {
    return JSON.stringify(redact(read(), "inside", kept, 0));
  } catch {
    return JSON.stringify(`[unreadable: ${length} bytes]`);
  }
}

function redact(value: unknown, keep: Keep, kept: Readonly<Record<string, Keep>>, depth: number): unknown {
  if (value === null) return null;
  if (typeof value === "object") {
    if (keep !== "inside" || depth > deepest) return size(value);
    if (!Array.isArray(value)) return fields(value, kept, depth + 1);
    return value.slice(0, mostEntries).map((entry) => redact(entry, keep, kept, depth + 1));
  }
  const text = masked(String(value));
  if (keep === "code" && code.test(String(value))) return text === String(value) ? value : text;
  if (keep === "link" && webUrl.test(String(value))) return link(String(value)) ?? size(value);
  return keep === "words" ? text.slice(0, longestWords) : size(value);
}

function fields(of: object, kept: Readonly<Record<string, Keep>>, depth: number): Record<string, unknown> {
  const entries = Object.entries(of);
  const known = entries.flatMap(([name, value]) => {
    const keep = Object.hasOwn(kept, name) ? kept[name] : undefined;
    return keep === undefined ? [] : [[name, redact(value, keep, kept, depth)] as const];
  });
  const unknown = entries.length - known.length;
  return { ...Object.fromEntries(known), ...(unknown > 0 && { "[unknown fields]": unknown }) };
}

function size(value: unknown): string {
  if (typeof value === "string") return `[${value.length} characters]`;
  return typeof value === "object" ? `[${Object.keys(value ?? {}).length} entries]` : `[a ${typeof value}]`;
}

/** Neither query nor user, and of the path its first part: more of it is a token. */
function link(url: string): string | undefined {
  const { protocol, host, pathname } = URL.parse(url) ?? {};
  return host && masked(`${protocol}//${host}${pathname}`).slice(0, longestLink);
}
