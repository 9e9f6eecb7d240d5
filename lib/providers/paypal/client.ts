import type { Clock } from "../../clock.ts";
import { secondsAfter } from "../../clock.ts";
import type { ProviderError } from "../../errors.ts";
import { hideEchoes } from "../../outbound/hide-echoes.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { type OutboundAnswer, request } from "../../outbound/request.ts";
import type { PayPalCredentials } from "./credentials.ts";
import { type Token, tokensOf } from "./tokens.ts";
import * as wire from "./wire.ts";

/**
 * PayPal refused the request. `issues`: everything that it found wrong, or the error's name if it lists no issue.
 * `error`: the first issue.
 */
export type PayPalRefused = {
  kind: "refused";
  status: number;
  issues: readonly ProviderError[];
  error: ProviderError;
};
type PayPalRequest = {
  method: "GET" | "POST";
  /** Includes the query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
};

type PayPalFailure = PayPalRefused | { kind: "unknown"; why: string };

/** `answered`: a 2xx with readable JSON. */
export type PayPalAnswer = { kind: "answered"; body: unknown } | PayPalFailure;

/** Calls with one app's credentials. No method rejects because of PayPal or the network. */
export type PayPalClient = {
  get(path: string): Promise<PayPalAnswer>;
  /** `requestId`: PayPal executes a request under one id once, and answers it with the whole object. */
  post(path: string, body: object, requestId?: string): Promise<PayPalAnswer>;
};

const hosts = { live: "https://api-m.paypal.com", sandbox: "https://api-m.sandbox.paypal.com" };

/** Total time for the token, the call, and both again after a 401. */
const togetherMs = 8000;

export function paypalClient(
  credentials: PayPalCredentials,
  clock: Clock,
  baseUrl = hosts[credentials.mode],
): PayPalClient {
  const { client_id: clientId, secret } = credentials;
  const basic = Buffer.from(`${clientId}:${secret}`).toString("base64");

  const tokens = tokensOf<PayPalFailure>(clock, async () => {
    const said = await send(baseUrl, tokenRequest, `Basic ${basic}`, togetherMs, [secret, basic]);
    if (said.kind !== "answered") return said;
    const token = wire.token.safeParse(said.body);
    if (!token.success) return { kind: "unknown", why: "PayPal's token is not readable" };
    const { access_token: accessToken, expires_in: seconds } = token.data;
    return { kind: "token", accessToken, endsAt: secondsAfter(clock.now(), seconds) };
  });

  async function authorised(paypalRequest: PayPalRequest): Promise<PayPalAnswer> {
    const endsAt = performance.now() + togetherMs;
    const withToken = async (): Promise<{ answer: PayPalAnswer; token?: Token }> => {
      const token = await tokens.current();
      if (token.kind !== "token") return { answer: token };
      const secrets = [secret, basic, token.accessToken];
      const left = endsAt - performance.now();
      const answer = await send(baseUrl, paypalRequest, `Bearer ${token.accessToken}`, left, secrets);
      return { answer, token };
    };
    const first = await withToken();
    if (!first.token || first.answer.kind !== "refused" || first.answer.status !== 401) return first.answer;
    // The token was revoked early. A call that was answered with 401 had no effect, so it may be repeated.
    tokens.drop(first.token);
    return (await withToken()).answer;
  }

  return {
    get: (path) => authorised({ method: "GET", path, headers: {} }),
    post: (path, body, requestId) =>
      authorised({
        method: "POST",
        path,
        headers: {
          "content-type": "application/json",
          ...(requestId !== undefined && { "paypal-request-id": requestId, prefer: "return=representation" }),
        },
        body: JSON.stringify(body),
      }),
  };
}

const userAgent = "uni-pay";

const tokenRequest: PayPalRequest = {
  method: "POST",
  path: "/v1/oauth2/token",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "grant_type=client_credentials",
};

async function send(
  baseUrl: string,
  { method, path, headers, body }: PayPalRequest,
  authorization: string,
  deadlineMs: number,
  secrets: readonly string[],
): Promise<PayPalAnswer> {
  try {
    const answer = await request({
      method,
      url: `${baseUrl}${path}`,
      headers: {
        ...headers,
        /* mutation: paypal-user-agent */ "user-agent": userAgent,
        accept: "application/json",
        authorization,
      },
      ...(body === undefined ? {} : { body }),
      // PayPal executes a request id only once, and fetching a second token is harmless.
      idempotent: "paypal-request-id" in headers || path === tokenRequest.path,
      deadlineMs,
    });
    return read(answer, secrets);
  } catch (error) {
    if (error instanceof OutboundError) return { kind: "unknown", why: `PayPal: ${error.message}` };
    throw error;
  }
}

function read({ status, body }: OutboundAnswer, secrets: readonly string[]): PayPalAnswer {
  const content = parse(body);
  if (status >= 200 && status < 300) {
    return content === undefined
      ? { kind: "unknown", why: "PayPal's answer is not readable" }
      : { kind: "answered", body: content };
  }
  const aboutUs = status === 401 || status === 403 || status === 429;
  const said = wire.refusal.safeParse(content);
  // Except for 401, 403 and 429, only an error in PayPal's format is a refusal: others may come from a proxy.
  if (!aboutUs && !(refusing.has(status) && said.success)) {
    return { kind: "unknown", why: `PayPal answered HTTP ${status}` };
  }
  const words = said.success ? wordsOf(said.data) : [{ code: `HTTP_${status}`, message: "" }];
  const issues = words.map(({ code, message }) => ({
    code: hideEchoes(code, secrets),
    message: hideEchoes(message, secrets).slice(0, 300),
  }));
  return { kind: "refused", status, issues, error: issues[0]! };
}

/** https://developer.paypal.com/api/rest/responses/ */
const refusing = new Set([400, 401, 403, 404, 409, 415, 422, 429]);

/** All issues of an error, at least one. */
function wordsOf(said: NonNullable<ReturnType<typeof wire.refusal.safeParse>["data"]>): ProviderError[] {
  if ("error" in said) return [{ code: said.error, message: said.error_description ?? "" }];
  const { name, message = "", details = [] } = said;
  const issues = details.flatMap(({ issue, description }) =>
    issue === undefined ? [] : [{ code: issue, message: description ?? message }],
  );
  return issues.length > 0 ? issues : [{ code: name, message: details[0]?.description ?? message }];
}

/** PayPal's JSON is UTF-8, with or without a byte order mark; other bytes are unreadable. */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(
      new TextDecoder("utf-8", /* mutation: paypal-answer-utf8 */ { fatal: true }).decode(body),
    );
  } catch {
    return undefined;
  }
}
