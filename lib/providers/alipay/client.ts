import { AlipaySdk } from "alipay-sdk";
import type { Clock } from "../../clock.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { request } from "../../outbound/request.ts";
import { toBeijingTime } from "./beijing-time.ts";
import type { AlipayCredentials } from "./credentials.ts";
import type { PagePay } from "./page-pay.ts";
import { verifiedMember } from "./signature.ts";
import { unsignedError } from "./wire.ts";

/** `unverified`: Alipay may or may not have done what we asked. */
export type AlipayAnswer = { kind: "verified"; content: unknown } | { kind: "unverified"; why: string };

export type AlipayClient = {
  /** The signed link of a payment page; no call is made. */
  pageUrl(page: PagePay): string;
  /** Every method called here names the trade by our number, so a repeat is harmless. Never throws. */
  call(method: "alipay.trade.query" | "alipay.trade.close", outTradeNo: string): Promise<AlipayAnswer>;
};

const production = "https://openapi.alipay.com";
const sandbox = "https://openapi-sandbox.dl.alipaydev.com";

/** The SDK signs; requests go through our own client, and answers are verified here. */
export function alipayClient(
  credentials: AlipayCredentials,
  clock: Clock,
  baseUrl = credentials.is_production ? production : sandbox,
): AlipayClient {
  const gateway = `${baseUrl}/gateway.do`;
  const sdk = new AlipaySdk({
    appId: credentials.app_id,
    privateKey: credentials.private_key,
    keyType: "PKCS8",
  });
  const sign = (method: string, parameters: Record<string, unknown>) =>
    sdk.sdkExecute(method, parameters, { bizContentAutoSnakeCase: false });

  return {
    pageUrl({ timestamp, notify_url, return_url, biz_content }) {
      const parameters = { timestamp, notifyUrl: notify_url, returnUrl: return_url, bizContent: biz_content };
      return `${gateway}?${sign("alipay.trade.page.pay", parameters)}`;
    },
    async call(method, outTradeNo) {
      const timestamp = toBeijingTime(clock.now());
      const signed = sign(method, { timestamp, bizContent: { out_trade_no: outTradeNo } });
      try {
        return readAnswer(await post(gateway, signed), method, credentials.public_key);
      } catch (error) {
        if (error instanceof OutboundError) return { kind: "unverified", why: error.message };
        throw error;
      }
    },
  };
}

/** As Alipay's own SDKs do: `biz_content` in the body, everything else in the query. */
function post(gateway: string, signed: string) {
  const query = new URLSearchParams(signed);
  const body = new URLSearchParams({ biz_content: query.get("biz_content") ?? "" });
  query.delete("biz_content");
  return request({
    method: "POST",
    url: `${gateway}?${query}`,
    headers: {
      "content-type": "application/x-www-form-urlencoded;charset=utf-8",
      accept: "application/json",
    },
    body: body.toString(),
    idempotent: true,
  });
}

function readAnswer(
  { status, body }: { status: number; body: Buffer },
  method: string,
  publicKey: string,
): AlipayAnswer {
  if (status !== 200) return { kind: "unverified", why: `Alipay answered HTTP ${status}` };
  const text = body.toString("utf8");
  for (const member of [`${method.replaceAll(".", "_")}_response`, "error_response"]) {
    const content = verifiedMember(text, member, publicKey);
    if (content !== undefined) return { kind: "verified", content: JSON.parse(content) };
  }
  return { kind: "unverified", why: `Alipay's answer is not signed or not readable${unsignedReason(text)}` };
}

function unsignedReason(text: string): string {
  try {
    const { code, sub_code: subCode } = unsignedError.parse(JSON.parse(text)).error_response;
    return `: ${subCode ?? code}`;
  } catch {
    return "";
  }
}
