import { randomBytes } from "node:crypto";
import type { Call, Reply } from "../kernel/call.ts";
import type { AnswerFault } from "../kernel/faults.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import { invalid, malformed, notFound, PaypalError } from "./paypal-error.ts";
import { nameOfStatus, refusalOf } from "./refusal-faults.ts";
import { isStored } from "./request-ids.ts";
import { type ApiDeps, type Requested, routes } from "./routes.ts";
import type { Tokens } from "./tokens.ts";

export const tokenPath = "/v1/oauth2/token";

/** Answers one API call: authenticates the caller and dispatches by method and path. */
export function answerApi(deps: ApiDeps, tokens: Tokens, call: Call, fault: AnswerFault): Reply {
  const debugId = randomBytes(7).toString("hex").slice(0, 13);
  const reply = refusalsAnswered(debugId, () => {
    if (fault.expire_tokens) tokens.revokeAll();
    const instead = failureInstead(fault, debugId);
    if (instead) return instead;
    if (call.path === tokenPath && call.method === "POST") return tokens.issue(call);
    const owner = tokens.owner(call.headers.authorization);
    return "status" in owner ? owner : dispatch(deps, owner, call, fault);
  });
  return { ...reply, headers: { "paypal-debug-id": debugId, ...reply.headers } };
}

function refusalsAnswered(debugId: string, answer: () => Reply): Reply {
  try {
    return answer();
  } catch (error) {
    if (error instanceof PaypalError) return error.reply(debugId);
    throw error;
  }
}

/** A fault's answer: a PayPal error object, or the HTML page of a proxy in front of PayPal. */
function failureInstead(fault: AnswerFault, debugId: string): Reply | undefined {
  const instead = replyInstead(fault);
  if (!instead || fault.html) return instead;
  const name = nameOfStatus[instead.status] ?? "INTERNAL_SERVER_ERROR";
  const message = instead.status < 500 ? "Simulated." : "An internal server error occurred.";
  const { status, body } = new PaypalError({ status: instead.status, name, message }).reply(debugId);
  return { status, body, headers: { ...instead.headers, "content-type": "application/json" } };
}

function dispatch(deps: ApiDeps, account: Requested["account"], call: Call, fault: AnswerFault): Reply {
  for (const [method, path, act] of routes) {
    const found = method === call.method ? path.exec(call.path) : null;
    if (!found) continue;
    const silence = fault.timeout_after_success;
    const refused = fault.code === undefined ? undefined : refusalOf(fault.code, call);
    if (refused && !(refused instanceof PaypalError)) return refused;
    if (refused && !isStored(refused)) throw refused;
    return act(deps, {
      account,
      path: call.path,
      id: decodeURIComponent(found[1] ?? ""),
      body: readBody(call),
      rawBody: call.body,
      requestId: readRequestId(call),
      whole: call.headers.prefer === "return=representation",
      refused,
      inFlightMs: typeof silence === "number" ? silence : 0,
    });
  }
  throw notFound();
}

/** PayPal reads JSON only: without the content type even an empty POST is refused. */
function readBody(call: Call): Record<string, unknown> {
  if (call.method !== "POST") return {};
  if (!/^application\/json\b/.test(call.headers["content-type"] ?? "")) {
    const message = "The server does not support the request payload's media type.";
    throw new PaypalError({ status: 415, name: "UNSUPPORTED_MEDIA_TYPE", message });
  }
  try {
    return JSON.parse(call.body === "" ? "{}" : call.body);
  } catch {
    throw malformed();
  }
}

function readRequestId({ headers }: Call): string | undefined {
  const id = headers["paypal-request-id"];
  if (id === undefined || (id.length > 0 && id.length <= 108)) return id;
  throw invalid("PayPal-Request-Id", "INVALID_STRING_LENGTH", "PayPal-Request-Id is at most 108 characters.");
}
