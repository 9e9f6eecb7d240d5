import type { Stripe } from "stripe";
import type { ProviderError } from "../../errors.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { request } from "../../outbound/request.ts";

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

/**
 * Makes one call; resolves to the body of a 2xx, else to the failure. Never rejects because of Stripe or the network.
 */
export type AskStripe = (
  call: (stripe: Stripe) => Promise<{ lastResponse: { statusCode: number } }>,
) => Promise<StripeAnswer>;

/** Stripe's SDK, loaded at the first call: a webhook does not need it. */
export function stripeClient(secretKey: string, baseUrl = "https://api.stripe.com"): AskStripe {
  let opened: Promise<OpenSdk> | undefined;
  return async (call) => {
    opened ??= openSdk(secretKey, baseUrl);
    const { client, StripeError } = await opened;
    try {
      const body = await call(client);
      const status = body.lastResponse.statusCode;
      // The SDK treats every JSON without `error` as a success, whatever its status.
      if (status >= 200 && status < 300) return { kind: "answered", body };
      return { kind: "unknown", why: `Stripe answered HTTP ${status}` };
    } catch (error) {
      if (error instanceof StripeError) return failureOf(error);
      return { kind: "unknown", why: "Stripe's answer is not readable" };
    }
  };
}

type OpenSdk = { client: Stripe; StripeError: typeof Stripe.errors.StripeError };

/** The SDK sends through our own HTTP client: one deadline, no redirects, no retries by the SDK. */
async function openSdk(secretKey: string, baseUrl: string): Promise<OpenSdk> {
  const { Stripe } = await import("stripe");
  const { protocol, hostname, port } = new URL(baseUrl);
  const secure = protocol === "https:";
  const client = new Stripe(secretKey, {
    apiVersion,
    protocol: secure ? "https" : "http",
    host: hostname,
    port: port || (secure ? 443 : 80),
    httpClient: { getClientName: () => "uni-pay", makeRequest },
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return { client, StripeError: Stripe.errors.StripeError };
}

const makeRequest: Stripe.HttpClient["makeRequest"] = async (
  host,
  port,
  path,
  method,
  headers,
  data,
  protocol,
) => {
  if (method !== "GET" && method !== "POST" && method !== "DELETE") throw new Error(`${method} is not used`);
  const answer = await request({
    method,
    url: `${protocol}://${host}:${port}${path}`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(method === "POST" ? { body: data } : {}),
    // The SDK gives every POST an idempotency key; a DELETE may be repeated.
    idempotent: true,
  });
  // The SDK would turn this header into a process warning on each call in test mode.
  const { "stripe-notice": _, ...answered } = answer.headers;
  return {
    getStatusCode: () => answer.status,
    getHeaders: () => answered as Record<string, string>,
    getRawResponse: () => ({}),
    toStream: () => {
      throw new Error("streams are not used");
    },
    toJSON: async () => readObject(answer.body),
  };
};

/**
 * Throws for anything but an object: the SDK's call would never end. Skips a byte order mark, refuses invalid UTF-8.
 */
function readObject(body: Buffer): object {
  const value: unknown = JSON.parse(
    /* mutation: stripe-answer-bom */ new TextDecoder("utf-8", { fatal: true }).decode(body),
  );
  // mutation: stripe-answer-object
  if (typeof value !== "object" || value === null) throw new SyntaxError("not an object");
  return value;
}

/**
 * Statuses that refuse this very request (https://docs.stripe.com/api/errors). Any other leaves its outcome unknown:
 * 409 is about another request under the same key, 424 and 5xx about a failure on the way.
 */
const verdicts = new Set([400, 401, 402, 403, 404, 429]);

function failureOf(error: Stripe.errors.StripeError): StripeFailure {
  const { statusCode: status, message, rawType } = error;
  if (status === undefined || !verdicts.has(status)) {
    const cause =
      error.detail instanceof OutboundError ? error.detail.message : `HTTP ${status ?? "answer not JSON"}`;
    return { kind: "unknown", why: `Stripe: ${cause}` };
  }
  // The idempotency key was used before with other parameters: that first request may have been executed.
  if (rawType === /* mutation: stripe-idempotency-error */ "idempotency_error") {
    return { kind: "unknown", why: `Stripe: ${rawType}`, unlisted: rawType };
  }
  return {
    kind: "refused",
    status,
    error: { code: safe(codeOf(error, status), 64), message: safe(message, 300) },
  };
}

/**
 * Stripe's code, or a substitute. An insufficient balance comes with `message_code` alone, or only in the message
 * (Automattic/woocommerce-payments#10025, medusajs/admin#720). Without any code, 401, 403 and 429 mean the same
 * whatever their type.
 */
function codeOf({ code, rawType, raw, message }: Stripe.errors.StripeError, status: number): string {
  if (code) return code;
  const { message_code: named } = raw as { message_code?: unknown };
  // mutation: stripe-message-code
  if (typeof named === "string" && named !== "") return named;
  // mutation: stripe-balance-in-words
  if (/\binsufficient funds in your stripe (balance|account)\b/i.test(message)) {
    return "insufficient_balance_for_refund";
  }
  if (status === 401 || status === 403 || status === 429) return `http_${status}`;
  return `${rawType ?? "error"}_${status}`;
}

/** Masks keys: Stripe repeats parts of a wrong key in its messages. */
function safe(words: string, longest: number): string {
  return words.replace(/\b(sk|rk|pk|whsec)_[^\s,;:'"]*/g, "$1_…").slice(0, longest);
}
