import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { type OutboundAnswer, request } from "../../outbound/request.ts";
import { toBeijingTime } from "./beijing-time.ts";
import { charsetIn, charsetOf, decode } from "./charset.ts";
import type { AlipayCredentials } from "./credentials.ts";
import { topLevelMembers, verifiedMember } from "./signature.ts";
import { unverifiedCode } from "./wire.ts";

/** `unverified`: Alipay may or may not have executed the request. */
export type AlipayAnswer =
  | { kind: "verified"; content: unknown }
  | {
      kind: "unverified";
      why: string;
      /** Alipay's code, only to be shown to people: it is not signed. */
      code: string;
      /** The answer is signed, but not with the key that belongs to our `public_key`. */
      otherKey: boolean;
    };

type Method =
  | "alipay.trade.query"
  | "alipay.trade.close"
  | "alipay.trade.precreate"
  | "alipay.trade.refund"
  | "alipay.trade.fastpay.refund.query";

export type AlipayClient = {
  /** The signed link of a payment page; no call is made. */
  pageUrl(method: string, page: SignedParameters): string;
  /** Every request names the trade and refund by our numbers, so a repeat is harmless. Never throws. */
  call(method: Method, bizContent: Record<string, unknown>, notifyUrl?: string): Promise<AlipayAnswer>;
};

const production = "https://openapi.alipay.com";
const sandbox = "https://openapi-sandbox.dl.alipaydev.com";

/** Signs every request, sends it through our own HTTP client, and verifies every answer. */
export function alipayClient(
  credentials: AlipayCredentials,
  clock: Clock,
  baseUrl = credentials.is_production ? production : sandbox,
): AlipayClient {
  const gateway = `${baseUrl}/gateway.do`;
  const signed = signer(credentials);

  return {
    pageUrl(method, { timestamp, notify_url, return_url, biz_content }) {
      const parameters = signed(method, { timestamp, notify_url, return_url, biz_content });
      const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      return `${gateway}?${pairs.join("&")}`;
    },
    async call(method, bizContent, notifyUrl) {
      const timestamp = toBeijingTime(clock.now());
      const parameters = { timestamp, ...(notifyUrl && { notify_url: notifyUrl }), biz_content: bizContent };
      try {
        return readAnswer(await post(gateway, signed(method, parameters)), method, credentials.public_key);
      } catch (error) {
        if (error instanceof OutboundError) return unverified(error.message);
        throw error;
      }
    },
  };
}

type SignedParameters = {
  timestamp: string;
  notify_url?: string;
  return_url?: string;
  biz_content: object;
};

/**
 * A request's parameters with their signature: RSA2 over the sorted `name=value` pairs.
 * https://opendocs.alipay.com/common/02kf5q
 */
function signer({ app_id, private_key }: AlipayCredentials) {
  let key: KeyObject | undefined;
  return (method: string, { biz_content, ...parameters }: SignedParameters): Record<string, string> => {
    const common = { method, app_id, charset: "utf-8", version: "1.0", sign_type: "RSA2" };
    const all = { ...common, ...parameters, biz_content: JSON.stringify(biz_content) };
    const pairs = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
    const text = pairs.map(([name, value]) => `${name}=${value}`).join("&");
    // A webhook signs nothing: the key is read at the first call.
    key ??= createPrivateKey(private_key);
    return { ...all, sign: sign("sha256", Buffer.from(text), key).toString("base64") };
  };
}

/** As Alipay's own SDKs do: `biz_content` in the body, everything else in the query. */
function post(gateway: string, { biz_content = "", ...signed }: Record<string, string>) {
  return request({
    method: "POST",
    url: `${gateway}?${new URLSearchParams(signed)}`,
    headers: {
      "content-type": "application/x-www-form-urlencoded;charset=utf-8",
      accept: "application/json",
    },
    body: new URLSearchParams({ biz_content }).toString(),
    idempotent: true,
  });
}

/** Verifies the bytes, then decodes them in the charset that Alipay used, which need not be the one we asked for. */
function readAnswer(
  { status, headers, body }: OutboundAnswer,
  method: string,
  publicKey: string,
): AlipayAnswer {
  if (status !== 200) return unverified(`Alipay answered HTTP ${status}`);
  const charset = charsetOf(body, charsetIn(headers["content-type"]));
  const members = [`${method.replaceAll(".", "_")}_response`, "error_response"];
  for (const member of members) {
    const content = parsed(verifiedMember(body, member, publicKey, charset));
    if (content !== undefined) return { kind: "verified", content };
  }
  const said = topLevelMembers(body, charset);
  const textOf = (member: string) => {
    const bytes = said?.get(member);
    return bytes && decode(bytes, charset);
  };
  const code = members.map((member) => codeIn(textOf(member))).find(Boolean) ?? "";
  const otherKey = /^"[^"]+"$/.test(textOf("sign") ?? "");
  const wrong = otherKey
    ? "is not signed with the public_key of the config"
    : "is not signed or not readable";
  return { ...unverified(`Alipay's answer ${wrong}${code && `: ${code}`}`), code, otherKey };
}

function unverified(why: string) {
  return { kind: "unverified" as const, why, code: "", otherKey: false };
}

function codeIn(member: string | undefined): string {
  return unverifiedCode.safeParse(parsed(member)).data ?? "";
}

/** The bytes of a member may be valid JSON, and their decoded text not. */
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
