import { type Call, json, type Reply } from "../kernel/call.ts";
import type { AnswerFault } from "../kernel/faults.ts";
import { randomText } from "../kernel/random.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import type { StripeAccount } from "./accounts.ts";
import { defaultApiVersion } from "./events.ts";
import type { Keyed } from "./idempotency.ts";
import { refusalWith } from "./refusals.ts";
import { type ApiDeps, type Requested, routes } from "./routes.ts";
import { StripeError } from "./stripe-error.ts";

/** Answers one API call: authenticates the caller, checks the idempotency key, dispatches by method and path. */
export function answerApi(
  deps: ApiDeps,
  idempotent: (keyed: Keyed, execute: () => Reply) => Reply,
  call: Call,
  fault: AnswerFault,
): Reply {
  const requestId = `req_${randomText(14)}`;
  const reply = refusalsAnswered(() => {
    const account = authenticated(deps.accounts, call.headers.authorization);
    const failure = failureInstead(fault);
    if (failure && !hadBegun(failure, fault)) return failure;
    const execute = () => {
      if (fault.code !== undefined) throw refusalWith(fault.code);
      return failure ?? json(dispatch(deps, account, call));
    };
    const key = call.headers["idempotency-key"];
    if (call.method !== "POST" || key === undefined) return execute();
    const { path, body } = call;
    const silence = fault.timeout_after_success;
    const inFlightMs = typeof silence === "number" ? silence : 0;
    return idempotent({ accountId: account.id, key, path, body, requestId, inFlightMs }, execute);
  });
  const headers: Record<string, string> = {
    "request-id": requestId,
    "stripe-version": call.headers["stripe-version"] ?? defaultApiVersion,
  };
  return { ...reply, headers: { ...headers, ...reply.headers } };
}

function refusalsAnswered(answer: () => Reply): Reply {
  try {
    return answer();
  } catch (error) {
    if (error instanceof StripeError) return error.reply();
    throw error;
  }
}

/** A fault's answer: a Stripe error object, or the HTML page of a proxy in front of Stripe. */
function failureInstead(fault: AnswerFault): Reply | undefined {
  const instead = replyInstead(fault);
  if (!instead || fault.html) return instead;
  const busy = instead.status === 429;
  const { status, body } = new StripeError(busy ? "Too many requests" : "An unknown error occurred", {
    status: instead.status,
    type: instead.status >= 500 ? "api_error" : "invalid_request_error",
    ...(busy && { code: "rate_limit" }),
  }).reply();
  return { status, body, headers: { ...instead.headers, "content-type": "application/json" } };
}

/** Whether the endpoint itself failed, so that its answer is stored for the idempotency key; others fail before it. */
function hadBegun({ status }: Reply, { html }: AnswerFault): boolean {
  return !html && (status === 500 || status === 402);
}

function authenticated(accounts: StripeAccount[], authorization: string | undefined): StripeAccount {
  const [, bearer] = /^Bearer (\S+)$/.exec(authorization ?? "") ?? [];
  const [, basic] = /^Basic (\S+)$/.exec(authorization ?? "") ?? [];
  const key = bearer ?? (basic && Buffer.from(basic, "base64").toString().split(":")[0]);
  if (!key) throw new StripeError("You did not provide an API key.", { status: 401 });
  const account = accounts.find((one) => one.secretKey === key);
  if (account) return account;
  throw new StripeError(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`, { status: 401 });
}

function dispatch(deps: ApiDeps, account: StripeAccount, call: Call): object {
  for (const [method, path, act] of routes) {
    const found = method === call.method ? path.exec(call.path) : null;
    if (found) {
      const requested: Requested = { account, id: decodeURIComponent(found[1] ?? ""), form: formOf(call) };
      return act(deps, requested);
    }
  }
  const message = `Unrecognized request URL (${call.method}: ${call.path}).`;
  throw new StripeError(message, { status: 404 });
}

/** Parameters travel in the query of a GET or DELETE and in the body of a POST. */
function formOf(call: Call): string {
  return call.method === "POST" ? call.body : call.query.toString();
}
