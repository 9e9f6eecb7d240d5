import type { RefusalTable } from "../../../lib/payment/refusal.ts";
import { refusals } from "../../../lib/providers/paypal/refusals.ts";
import { type Call, json, type Reply } from "../kernel/call.ts";
import type { NamedCalls } from "../kernel/faults.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import { PaypalError, unprocessable } from "./paypal-error.ts";

/** The calls that `_sim/faults {on}` can name, each with every code with which PayPal may refuse it. */
export const namedCalls: NamedCalls = {
  create: Object.keys(refusals.create),
  query: Object.keys(refusals.get),
  capture: Object.keys(refusals.capture),
  refund: Object.keys(refusals.refund),
  refund_query: Object.keys(refusals.get),
};

const paths: [name: string, method: string, path: RegExp][] = [
  ["create", "POST", /^\/v2\/checkout\/orders$/],
  ["query", "GET", /^\/v2\/checkout\/orders\/[^/]+$/],
  ["capture", "POST", /^\/v2\/checkout\/orders\/[^/]+\/capture$/],
  ["refund", "POST", /^\/v2\/payments\/captures\/[^/]+\/refund$/],
  ["refund_query", "GET", /^\/v2\/payments\/refunds\/[^/]+$/],
];

export function callName({ method, path }: Call): string | undefined {
  return paths.find(([, ofMethod, shape]) => ofMethod === method && shape.test(path))?.[0];
}

/** Names that stand in place of an issue (developer.paypal.com/api/rest/responses), with their status. */
const names: Record<string, number> = {
  AUTHENTICATION_FAILURE: 401,
  INVALID_REQUEST: 400,
  NOT_AUTHORIZED: 403,
  RATE_LIMIT_REACHED: 429,
  RESOURCE_CONFLICT: 409,
  RESOURCE_NOT_FOUND: 404,
};

export const nameOfStatus: Record<number, string> = {
  400: "INVALID_REQUEST",
  401: "AUTHENTICATION_FAILURE",
  403: "NOT_AUTHORIZED",
  404: "RESOURCE_NOT_FOUND",
  409: "RESOURCE_CONFLICT",
  429: "RATE_LIMIT_REACHED",
};

/** What `fault.code` makes of a call: an answer given before PayPal reads the request, or its refusal of the request. */
export function refusalOf(code: string, call: Call): Reply | PaypalError {
  const [, bare] = /^HTTP_(\d{3})$/.exec(code) ?? [];
  if (bare) return replyInstead({ status: Number(bare), html: true })!;
  if (code === code.toLowerCase()) return json({ error: code, error_description: "Simulated." }, 401);
  const status = names[code];
  if (status !== undefined) return new PaypalError({ status, name: code, message: "Simulated." });
  const details = [{ issue: code, description: "Simulated." }];
  const issueStatus = statusOf(code, call);
  if (issueStatus === 422) return unprocessable(code, "Simulated.");
  const name = nameOfStatus[issueStatus] ?? "INVALID_REQUEST";
  return new PaypalError({ status: issueStatus, name, message: "Simulated.", details });
}

/** The response of the OpenAPI under which the code is listed; the codes of today's pages come with 422. */
function statusOf(code: string, call: Call): number {
  if (code === "PERMISSION_DENIED") return 403;
  const tables: Record<string, RefusalTable> = {
    ...refusals,
    query: refusals.get,
    refund_query: refusals.get,
  };
  const source = tables[callName(call) ?? ""]?.[code]?.source ?? "";
  return Number(/ (4\d\d)$/.exec(source)?.[1] ?? 422);
}
