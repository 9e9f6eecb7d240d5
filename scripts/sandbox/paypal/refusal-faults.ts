import { type Call, json, type Reply } from "../kernel/call.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import { PaypalError, unprocessable } from "./paypal-error.ts";
import { callName, names, statusOf } from "./refusal-codes.ts";

export const nameOfStatus: Record<number, string> = {
  400: "INVALID_REQUEST",
  401: "AUTHENTICATION_FAILURE",
  403: "NOT_AUTHORIZED",
  404: "RESOURCE_NOT_FOUND",
  409: "RESOURCE_CONFLICT",
  429: "RATE_LIMIT_REACHED",
};

/** Turns `fault.code` into an answer that precedes reading the request, or into a refusal of the request. */
export function refusalOf(code: string, call: Call): Reply | PaypalError {
  const [, bare] = /^HTTP_(\d{3})$/.exec(code) ?? [];
  if (bare) return replyInstead({ status: Number(bare), html: true })!;
  if (code === code.toLowerCase()) return json({ error: code, error_description: "Simulated." }, 401);
  const status = names[code];
  if (status !== undefined) return new PaypalError({ status, name: code, message: "Simulated." });
  const details = [{ issue: code, description: "Simulated." }];
  const issueStatus = statusOf(callName(call), code);
  if (issueStatus === 422) return unprocessable(code, "Simulated.");
  const name = nameOfStatus[issueStatus] ?? "INVALID_REQUEST";
  return new PaypalError({ status: issueStatus, name, message: "Simulated.", details });
}
