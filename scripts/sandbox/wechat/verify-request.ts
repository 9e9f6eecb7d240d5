import type { Clock } from "../../../lib/clock.ts";
import type { Call } from "../kernel/call.ts";
import type { WechatAccount } from "./accounts.ts";
import { requestText, scheme, verifiesText } from "./signature.ts";
import { WechatError } from "./wechat-error.ts";

/**
 * Seconds that a request's time may differ from WeChat's
 * (pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay4_0.shtml).
 */
const maxDriftSeconds = 300;

const fieldNames = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"] as const;
type Authorization = Record<(typeof fieldNames)[number], string>;

/** Authenticates calls. Throws SIGN_ERROR for the header's format, account, serial number, time, signature or nonce. */
export function createVerifier(accounts: Map<string, WechatAccount>, clock: Clock) {
  const usedNonces = new Map<string, number>();

  /** A signed request is valid for one call: a nonce that was used before is a replay. */
  function useNonce(mchId: string, nonce: string, now: number): void {
    for (const [seen, at] of usedNonces) {
      if (Math.abs(now - at) <= 2 * maxDriftSeconds) break;
      usedNonces.delete(seen);
    }
    const key = `${mchId} ${nonce}`;
    if (usedNonces.has(key)) throw refused("nonce_str", "nonce_str was used before: sign every request anew");
    usedNonces.set(key, now);
  }

  return (call: Call): WechatAccount => {
    const provided = readAuthorization(call.headers.authorization);
    const account = accounts.get(provided.mchid);
    if (!account) throw refused("mchid", "商户号不存在");
    if (provided.serial_no !== account.serialNo) throw refused("serial_no", "商户证书序列号有误");
    const now = Math.floor(clock.now().getTime() / 1000);
    if (
      !/^\d{10}$/.test(provided.timestamp) ||
      Math.abs(now - Number(provided.timestamp)) > maxDriftSeconds
    ) {
      throw refused("timestamp", "时间戳与当前时间相差超过5分钟");
    }
    const text = requestText(call, provided.timestamp, provided.nonce_str);
    if (!verifiesText(text, provided.signature, account.merchantKey)) throw wrongSignature(call, text);
    useNonce(account.mchId, provided.nonce_str, now);
    return account;
  };
}

/** `<scheme> name="value",…` with each name once, in any order. */
function readAuthorization(header = ""): Authorization {
  const [, fields] = /^(?:WECHATPAY2-SHA256-RSA2048) (.+)$/.exec(header) ?? [];
  if (fields === undefined) throw refused("authorization", `Authorization must begin with ${scheme}`);
  const provided = new Map<string, string>();
  for (const field of fields.split(",")) {
    const [, name = "", value] = /^\s*(\w+)="([^"]*)"$/.exec(field) ?? [];
    if (value === undefined || provided.has(name)) throw refused("authorization", "Authorization格式错误");
    provided.set(name, value);
  }
  const named = fieldNames.map((name) => [name, provided.get(name)] as const);
  if (provided.size !== named.length || named.some(([, value]) => !value)) {
    throw refused("authorization", `Authorization must hold exactly ${fieldNames.join(", ")}`);
  }
  return Object.fromEntries(named) as Authorization;
}

function refused(field: string, issue: string): WechatError {
  return new WechatError("SIGN_ERROR", issue, { location: "authorization", field });
}

/** Shows the text whose signature was checked, as WeChat does. */
function wrongSignature({ method, target }: Call, text: string): WechatError {
  return new WechatError("SIGN_ERROR", "签名错误", {
    location: "authorization",
    field: "signature",
    detail: { issue: "sign not match" },
    sign_information: {
      method,
      url: target,
      truncated_sign_message: text.slice(0, 512),
      sign_message_length: text.length,
    },
  });
}
