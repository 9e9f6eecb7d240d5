import type { Clock } from "../../clock.ts";
import { secondsAfter } from "../../clock.ts";
import type { ProviderError } from "../../errors.ts";
import { hideEchoes } from "../../outbound/hide-echoes.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { type OutboundAnswer, request } from "../../outbound/request.ts";
import type { PayPalCredentials } from "./credentials.ts";
import type { ModelledRequest, Sdk } from "./modelled.ts";
import { type Token, tokensOf } from "./tokens.ts";
import * as wire from "./wire.ts";

/** `refused`: PayPal has read the request and said no; `final` when it will say so again. */
export type PayPalFailure =
  | { kind: "refused"; status: number; final: boolean; error: ProviderError }
  | { kind: "unknown"; why: string };

/** `answered`: a 2xx with readable JSON. */
export type PayPalAnswer = { kind: "answered"; body: unknown } | PayPalFailure;

/** Calls with one app's credentials. None rejects for what PayPal or the network does. */
export type PayPalClient = {
  /** The one request that `call` asks of PayPal's SDK. */
  ask(call: (sdk: Sdk) => Promise<unknown>): Promise<PayPalAnswer>;
  /** What the SDK does not model. */
  get(path: string): Promise<PayPalAnswer>;
  post(path: string, body: unknown): Promise<PayPalAnswer>;
};

const hosts = { live: "https://api-m.paypal.com", sandbox: "https://api-m.sandbox.paypal.com" };

/** For a token, the call, and both again after a 401, together. */
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

  async function authorised(wanted: ModelledRequest): Promise<PayPalAnswer> {
    const endsAt = performance.now() + togetherMs;
    const withToken = async (): Promise<{ answer: PayPalAnswer; token?: Token }> => {
      const token = await tokens.current();
      if (token.kind !== "token") return { answer: token };
      const secrets = [secret, basic, token.accessToken];
      const left = endsAt - performance.now();
      const answer = await send(baseUrl, wanted, `Bearer ${token.accessToken}`, left, secrets);
      return { answer, token };
    };
    const first = await withToken();
    if (!first.token || first.answer.kind !== "refused" || first.answer.status !== 401) return first.answer;
    // Revoked before its time. A 401 has done nothing, so that the call may be repeated.
    tokens.drop(first.token);
    return (await withToken()).answer;
  }

  return {
    async ask(call) {
      // Webhooks need no SDK, and loading it takes a tenth of a second.
      const { modelled } = await import("./modelled.ts");
      return authorised(await modelled(call));
    },
    get: (path) => authorised({ method: "GET", path, headers: {} }),
    post: (path, body) =>
      authorised({
        method: "POST",
        path,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}

const tokenRequest: ModelledRequest = {
  method: "POST",
  path: "/v1/oauth2/token",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "grant_type=client_credentials",
};

async function send(
  baseUrl: string,
  { method, path, headers, body }: ModelledRequest,
  authorization: string,
  deadlineMs: number,
  secrets: readonly string[],
): Promise<PayPalAnswer> {
  try {
    const answer = await request({
      method,
      url: `${baseUrl}${path}`,
      headers: { ...headers, accept: "application/json", authorization },
      ...(body === undefined ? {} : { body }),
      // Under a request id PayPal does a thing once; a second token harms nothing.
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
  const final = status === 400 || status === 404 || status === 422;
  const said = wire.refusal.safeParse(content);
  // What stands in front of PayPal's API answers for itself; only the API's own no is final.
  if (!aboutUs && !(final && said.success)) return { kind: "unknown", why: `PayPal answered HTTP ${status}` };
  const words = said.success ? wordsOf(said.data) : { code: `HTTP_${status}`, message: "" };
  const error = {
    code: hideEchoes(words.code, secrets),
    message: hideEchoes(words.message, secrets).slice(0, 300),
  };
  return { kind: "refused", status, final, error };
}

function wordsOf(said: Exclude<ReturnType<typeof wire.refusal.safeParse>["data"], undefined>): ProviderError {
  if ("error" in said) return { code: said.error, message: said.error_description ?? "" };
  const [detail] = said.details ?? [];
  return {
    code: detail?.issue ?? said.name,
    message: detail?.description ?? said.message ?? "",
  };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
