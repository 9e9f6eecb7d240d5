import { randomBytes } from "node:crypto";
import WxPay from "wechatpay-node-v3";
import type { Clock } from "../../clock.ts";
import type { ProviderError } from "../../errors.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { type OutboundAnswer, type OutboundRequest, request } from "../../outbound/request.ts";
import { wechatKeys } from "./certificates.ts";
import type { WechatCredentials } from "./credentials.ts";
import { type FindKey, isSigned, signatureFault } from "./signature.ts";
import { readJson, refusal } from "./wire.ts";

/**
 * - `done`: a signed 2xx · `refused`: a signed no
 * - `denied`: we were not let in (401, 403, 429). WeChat Pay signs only answers to requests whose signature it accepted,
 *   so this may be unsigned, and nothing but our own credentials and limits may be concluded from it
 * - `unknown`: nobody knows; also every answer whose signature does not fit.
 */
export type WechatAnswer =
  | { kind: "done"; content: unknown }
  | { kind: "refused"; status: number; error: ProviderError }
  | { kind: "denied"; error: ProviderError }
  | { kind: "unknown"; why: string };

export type WechatClient = {
  /** Never throws for what WeChat Pay or the network does. */
  get(path: string): Promise<WechatAnswer>;
  /** Every request sent here names its object by our number, so a repeat is harmless. */
  post(path: string, content: object): Promise<WechatAnswer>;
  findKey: FindKey;
};

type Send = (
  method: "GET" | "POST",
  path: string,
  body?: string,
  deadlineMs?: number,
) => Promise<OutboundAnswer>;

/** A webhook that waits for it must be answered within 5 s. */
const certificatesDeadlineMs = 3000;

/** The SDK signs; requests go through our own client, and every answer is verified here. */
export function wechatClient(
  credentials: WechatCredentials,
  clock: Clock,
  baseUrl = "https://api.mch.weixin.qq.com",
): WechatClient {
  const send = sender(credentials, clock, baseUrl);
  const findKey = wechatKeys(credentials, clock, () =>
    send("GET", "/v3/certificates", undefined, certificatesDeadlineMs),
  );
  const ask = async (method: "GET" | "POST", path: string, body?: string): Promise<WechatAnswer> => {
    try {
      return await readAnswer(await send(method, path, body), findKey, clock);
    } catch (error) {
      if (error instanceof OutboundError) return { kind: "unknown", why: error.message };
      throw error;
    }
  };
  return {
    get: (path) => ask("GET", path),
    post: (path, content) => ask("POST", path, JSON.stringify(content)),
    findKey,
  };
}

function sender(credentials: WechatCredentials, clock: Clock, baseUrl: string): Send {
  const sdk = new WxPay({
    appid: credentials.app_id,
    mchid: credentials.mch_id,
    serial_no: credentials.serial_no,
    privateKey: Buffer.from(credentials.private_key),
    // The merchant's certificate: demanded, and only read for the serial number that is given above.
    publicKey: Buffer.from("unused"),
  });
  const { public_key_id: publicKeyId } = credentials;

  return (method, path, body, deadlineMs) => {
    const timestamp = String(Math.floor(clock.now().getTime() / 1000));
    const nonce = randomBytes(16).toString("hex");
    const signature = sdk.getSignature(method, nonce, timestamp, path, body);
    const wanted: OutboundRequest = {
      method,
      url: `${baseUrl}${path}`,
      headers: {
        authorization: sdk.getAuthorization(nonce, timestamp, signature),
        accept: "application/json",
        "user-agent": "uni-pay",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        // Asks for answers that are signed with the public key; absent, a platform certificate signs.
        ...(publicKeyId === undefined ? {} : { "wechatpay-serial": publicKeyId }),
      },
      idempotent: true,
      ...(body === undefined ? {} : { body }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    };
    return request(wanted);
  };
}

async function readAnswer(answer: OutboundAnswer, findKey: FindKey, clock: Clock): Promise<WechatAnswer> {
  const { status, headers, body } = answer;
  const notLetIn = status === 401 || status === 403 || status === 429;
  if (notLetIn && !isSigned(headers)) return { kind: "denied", error: errorOf(answer) };
  if (status < 200 || (status >= 300 && status < 400) || status >= 500)
    return { kind: "unknown", why: `WeChat Pay answered HTTP ${status}: ${errorOf(answer).code}` };
  const fault = await signatureFault(answer, findKey, clock.now());
  if (fault !== null) return { kind: "unknown", why: `WeChat Pay's answer (HTTP ${status}): ${fault}` };

  // 403 holds business codes too.
  if (status === 401 || status === 429) return { kind: "denied", error: errorOf(answer) };
  if (status >= 400) return { kind: "refused", status, error: errorOf(answer) };
  if (status === 204) return { kind: "done", content: undefined };
  const content = readJson(body);
  if (status !== 200 || content === undefined) {
    return { kind: "unknown", why: `WeChat Pay's answer (HTTP ${status}) is not readable` };
  }
  return { kind: "done", content };
}

function errorOf({ status, body }: OutboundAnswer): ProviderError {
  const parsed = refusal.safeParse(readJson(body));
  return parsed.success ? parsed.data : { code: `HTTP_${status}`, message: "no readable reason" };
}
