import { createPrivateKey, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { ProviderError } from "../../errors.ts";
import { hideEchoes } from "../../outbound/hide-echoes.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { type OutboundAnswer, request } from "../../outbound/request.ts";
import { wechatKeys } from "./certificates.ts";
import type { WechatCredentials } from "./credentials.ts";
import { type FindKey, isSigned, signatureFault } from "./signature.ts";
import { readJson, refusal } from "./wire.ts";

/**
 * - `done`: a signed 200 or 204
 * - `refused`: a signed 4xx; `location` is the part of our request that it is about, or ""
 * - `denied`: an unsigned 401, 403 or 429. WeChat Pay signs only answers to requests whose signature it accepted; an
 *   unsigned one tells only about our own credentials and limits
 * - `unknown`: no answer, an answer whose signature does not fit, every 5xx, and 202 ("accepted, not done: repeat it
 *   unchanged", pay.weixin.qq.com/wiki/doc/apiv3_partner/wechatpay/wechatpay2_1.shtml).
 */
export type WechatAnswer =
  | { kind: "done"; content: unknown }
  | { kind: "refused"; status: number; location: string; error: ProviderError }
  | { kind: "denied"; status: number; error: ProviderError }
  | { kind: "unknown"; why: string };

export type WechatClient = {
  /** Never throws for what WeChat Pay or the network does. */
  get(path: string): Promise<WechatAnswer>;
  /** Every request names its object by our number, so a repeat is harmless. */
  post(path: string, content: object): Promise<WechatAnswer>;
  findKey: FindKey;
};

type Send = (method: "GET" | "POST", path: string, body?: string, deadlineMs?: number) => Promise<Signed>;

/** An answer, and the signature of its request. */
type Signed = OutboundAnswer & { signature: string };

/** A webhook may wait for the download, and must be answered within 5 s. */
const certificatesDeadlineMs = 3000;

/** Signs every request, sends it through our own HTTP client, and verifies every answer. */
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
      const answer = await send(method, path, body);
      return await readAnswer(answer, [credentials.api_v3_key, answer.signature], { findKey, clock });
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
  let privateKey: KeyObject | undefined;
  const { public_key_id: publicKeyId } = credentials;

  return async (method, path, body, deadlineMs) => {
    let signature = "";
    const headers = () => {
      const timestamp = String(Math.floor(clock.now().getTime() / 1000));
      const nonce = randomBytes(16).toString("hex");
      const signed = [method, path, timestamp, nonce, body ?? ""].map((line) => `${line}\n`).join("");
      // A webhook signs nothing: the key is read at the first call.
      privateKey ??= createPrivateKey(credentials.private_key);
      signature = sign("sha256", Buffer.from(signed), privateKey).toString("base64");
      return {
        authorization: authorizationOf(credentials, { nonce, timestamp, signature }),
        accept: "application/json",
        "user-agent": "uni-pay",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        // Asks for answers that are signed with the public key; absent, a platform certificate signs.
        ...(publicKeyId === undefined ? {} : { "wechatpay-serial": publicKeyId }),
      };
    };
    const answer = await request({
      method,
      url: `${baseUrl}${path}`,
      headers,
      idempotent: true,
      ...(body === undefined ? {} : { body }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
    return { ...answer, signature };
  };
}

/** https://pay.weixin.qq.com/doc/v3/merchant/4012365342 */
function authorizationOf(
  { mch_id: mchid, serial_no }: WechatCredentials,
  { nonce: nonce_str, timestamp, signature }: { nonce: string; timestamp: string; signature: string },
): string {
  const fields = Object.entries({ mchid, nonce_str, timestamp, serial_no, signature });
  return `WECHATPAY2-SHA256-RSA2048 ${fields.map(([name, value]) => `${name}="${value}"`).join(",")}`;
}

async function readAnswer(
  answer: OutboundAnswer,
  secrets: string[],
  { findKey, clock }: { findKey: FindKey; clock: Clock },
): Promise<WechatAnswer> {
  const { status, headers, body } = answer;
  const verified = async (content: WechatAnswer): Promise<WechatAnswer> => {
    const fault = await signatureFault(answer, findKey, clock.now());
    if (fault === null) return content;
    return { kind: "unknown", why: `WeChat Pay's answer (HTTP ${status}): ${fault}` };
  };
  if (status === 204) return verified({ kind: "done", content: undefined });
  if (status === 200) {
    const content = readJson(body);
    const unreadable = { kind: "unknown", why: "WeChat Pay's answer is not readable" } as const;
    return verified(content === undefined ? unreadable : { kind: "done", content });
  }

  const { error, location } = readRefusal(answer, secrets);
  const notLetIn = status === 401 || status === 403 || status === 429;
  if (notLetIn && !isSigned(headers)) return { kind: "denied", status, error };
  if (status < 400 || status >= 500) {
    return { kind: "unknown", why: `WeChat Pay answered HTTP ${status}: ${error.code}` };
  }
  return verified({ kind: "refused", status, location, error });
}

/** WeChat Pay's code and message, truncated, without the secrets that we sent to authenticate. */
export function readRefusal({ status, body }: Pick<OutboundAnswer, "status" | "body">, secrets: string[]) {
  const { data } = refusal.safeParse(readJson(body));
  if (!data) return { error: { code: `HTTP_${status}`, message: "no readable reason" }, location: "" };
  const message = /* mutation: wechat-message-echoes */ hideEchoes(data.message, secrets).slice(0, 300);
  return { error: { code: hideEchoes(data.code, secrets), message }, location: data.detail?.location ?? "" };
}
