import { randomUUID } from "node:crypto";
import type { ProviderError } from "../../errors.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { type OutboundAnswer, request } from "../../outbound/request.ts";
import * as wire from "./wire.ts";

/** The API version that `wire.ts` describes; the account's default version may be any other. */
export const apiVersion = "2026-10-28.endive";

/**
 * `refused`: Stripe processed the request and refused it; `refusals.ts` says what the error's code means. `unlisted`: a
 * code that the gateway cannot interpret, to be shown to a person.
 */
export type StripeFailure =
  | { kind: "refused"; status: number; error: ProviderError }
  | { kind: "unknown"; why: string; unlisted?: string };

export type StripeAnswer = { kind: "answered"; body: unknown } | StripeFailure;

/** Calls with one API key. No method rejects because of Stripe or the network; `answered`: a 2xx with a JSON object. */
export type StripeClient = {
  get(path: string, query?: object): Promise<StripeAnswer>;
  /** Without a key of the caller's it has one of its own, so that a broken connection may be repeated. */
  post(path: string, parameters: object, idempotencyKey?: string): Promise<StripeAnswer>;
  delete(path: string): Promise<StripeAnswer>;
};

export function stripeClient(secretKey: string, baseUrl = "https://api.stripe.com"): StripeClient {
  const send = async (
    method: "GET" | "POST" | "DELETE",
    path: string,
    own: object = {},
    body?: string,
  ): Promise<StripeAnswer> => {
    const headers = {
      authorization: `Bearer ${secretKey}`,
      accept: "application/json",
      "user-agent": "uni-pay",
      "stripe-version": apiVersion,
      ...own,
    };
    try {
      const url = `${baseUrl}${path}`;
      return read(
        await request({ method, url, headers, ...(body !== undefined && { body }), idempotent: true }),
      );
    } catch (error) {
      if (error instanceof OutboundError) return { kind: "unknown", why: `Stripe: ${error.message}` };
      throw error;
    }
  };
  return {
    get: (path, query) => send("GET", query ? `${path}?${formFields(query).join("&")}` : path),
    post: (path, parameters, idempotencyKey = randomUUID()) =>
      send(
        "POST",
        path,
        { "content-type": "application/x-www-form-urlencoded", "idempotency-key": idempotencyKey },
        formFields(parameters).join("&"),
      ),
    delete: (path) => send("DELETE", path),
  };
}

/** The fields of a form as Stripe's SDK writes them (a test compares): `line_items[0][quantity]=1`. */
function formFields(value: unknown, name = ""): string[] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null) return [`${escaped(name)}=${escaped(String(value))}`];
  return Object.entries(value).flatMap(([key, member]) => formFields(member, name ? `${name}[${key}]` : key));
}

function escaped(text: string): string {
  const others = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text)
    .replace(/[!*()']/g, others)
    .replace(/%5B/g, "[")
    .replace(/%5D/g, "]");
}

function read({ status, body }: OutboundAnswer): StripeAnswer {
  const content = readObject(body);
  if (content === undefined) return { kind: "unknown", why: "Stripe's answer is not readable" };
  // An error is a failure with any status.
  // mutation: stripe-error-any-status
  if ("error" in content && content.error) return failureOf(status, content);
  return status >= 200 && status < 300
    ? { kind: "answered", body: content }
    : { kind: "unknown", why: `Stripe answered HTTP ${status}` };
}

/** Skips a byte order mark; undefined for invalid UTF-8, and for anything but an object. */
function readObject(body: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(
      /* mutation: stripe-answer-bom */ new TextDecoder("utf-8", { fatal: true }).decode(body),
    );
    // mutation: stripe-answer-object
    if (typeof value !== "object" || value === null) return undefined;
    return value;
  } catch {
    return undefined;
  }
}

/**
 * Statuses that refuse this very request (https://docs.stripe.com/api/errors). Any other leaves its outcome unknown:
 * 409 is about another request under the same key, 424 and 5xx about a failure on the way.
 */
const verdicts = new Set([400, 401, 402, 403, 404, 429]);

function failureOf(status: number, content: object): StripeFailure {
  const parsed = wire.refusal.safeParse(content);
  if (!parsed.success || !verdicts.has(status)) return { kind: "unknown", why: `Stripe: HTTP ${status}` };
  const { error } = parsed.data;
  // The idempotency key was used before with other parameters: that first request may have been executed.
  if (error.type === /* mutation: stripe-idempotency-error */ "idempotency_error")
    return { kind: "unknown", why: `Stripe: ${error.type}`, unlisted: error.type };
  const code = safe(codeOf(error, status), 64);
  return { kind: "refused", status, error: { code, message: safe(error.message, 300) } };
}

/**
 * Stripe's code, or a substitute. An insufficient balance comes with `message_code` alone, or only in the message
 * (Automattic/woocommerce-payments#10025, medusajs/admin#720). Without any code, 401, 403 and 429 mean the same
 * whatever their type.
 */
function codeOf({ code, message_code: named, type, message }: wire.StripeError, status: number): string {
  if (code) return code;
  // mutation: stripe-message-code
  if (named) return named;
  // mutation: stripe-balance-in-words
  if (/\binsufficient funds in your stripe (balance|account)\b/i.test(message)) {
    return "insufficient_balance_for_refund";
  }
  if (status === 401 || status === 403 || status === 429) return `http_${status}`;
  return `${type || "error"}_${status}`;
}

/** Masks keys: Stripe repeats parts of a wrong key in its messages. */
function safe(words: string, longest: number): string {
  return words.replace(/\b(sk|rk|pk|whsec)_[^\s,;:'"]*/g, "$1_…").slice(0, longest);
}
