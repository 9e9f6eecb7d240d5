import type { Stripe } from "stripe";
import type { ProviderError } from "../../errors.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { request } from "../../outbound/request.ts";

/** The version whose shapes `wire.ts` describes; the account's default may be any other. */
export const apiVersion = "2026-10-28.endive";

/** `refused`: Stripe has read the request and said no; `final` when it will say so again. */
export type StripeFailure =
  | { kind: "refused"; status: number; final: boolean; error: ProviderError }
  | { kind: "unknown"; why: string };

export type StripeAnswer = { kind: "answered"; body: unknown } | StripeFailure;

/** Makes one call; resolves to the body of a 2xx, or, never thrown, to what came instead. */
export type AskStripe = (
  call: (stripe: Stripe) => Promise<{ lastResponse: { statusCode: number } }>,
) => Promise<StripeAnswer>;

/** Stripe's SDK, loaded at the first call: a webhook needs none of it. */
export function stripeClient(secretKey: string, baseUrl = "https://api.stripe.com"): AskStripe {
  let opened: Promise<OpenSdk> | undefined;
  return async (call) => {
    opened ??= openSdk(secretKey, baseUrl);
    const { client, StripeError } = await opened;
    try {
      const body = await call(client);
      const status = body.lastResponse.statusCode;
      // The SDK takes every JSON without `error` for a success, whatever its status.
      if (status >= 200 && status < 300) return { kind: "answered", body };
      return { kind: "unknown", why: `Stripe answered HTTP ${status}` };
    } catch (error) {
      if (error instanceof StripeError) return failureOf(error);
      return { kind: "unknown", why: "Stripe's answer is not readable" };
    }
  };
}

type OpenSdk = { client: Stripe; StripeError: typeof Stripe.errors.StripeError };

/** Its requests go through our own client: one deadline, no redirects, no repeats of its own. */
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
  // A notice would become a process warning for each call in test mode.
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

/** What is no object the SDK cannot bear: its call would never end. */
function readObject(body: Buffer): object {
  const value: unknown = JSON.parse(body.toString("utf8"));
  // mutation: stripe-answer-object
  if (typeof value !== "object" || value === null) throw new SyntaxError("not an object");
  return value;
}

function failureOf(error: Stripe.errors.StripeError): StripeFailure {
  const { statusCode: status, code, message, rawType } = error;
  const rateLimited = status === 429 || code === "rate_limit";
  const aboutUs = status === 401 || status === 403 || rateLimited;
  const final = status === 400 || status === 402 || status === 404;
  if (status === undefined || !(aboutUs || final)) {
    const cause =
      error.detail instanceof OutboundError ? error.detail.message : `HTTP ${status ?? "answer not JSON"}`;
    return { kind: "unknown", why: `Stripe: ${cause}` };
  }
  const words = { code: safe(code ?? rawType ?? "error", 64), message: safe(message, 300) };
  return { kind: "refused", status, final: !aboutUs, error: words };
}

/** Stripe repeats parts of a wrong key in its words. */
function safe(words: string, longest: number): string {
  return words.replace(/\b(sk|rk|pk|whsec)_[^\s,;:'"]*/g, "$1_…").slice(0, longest);
}
