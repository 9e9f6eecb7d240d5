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

/** Finds out who calls. Throws SIGN_ERROR: by the header's form, account, serial number, time, signature, nonce. */
export function createVerifier(accounts: Map<string, WechatAccount>, clock: Clock) {
  const usedNonces = new Map<string, number>();

  /** A signed request is good for one call: a nonce that was seen is a replay. */
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
    const given = readAuthorization(call.headers.authorization);
    const account = accounts.get(given.mchid);
    if (!account) throw refused("mchid", "商户号不存在");
    if (given.serial_no !== account.serialNo) throw refused("serial_no", "商户证书序列号有误");
    const now = Math.floor(clock.now().getTime() / 1000);
    if (!/^\d{10}$/.test(given.timestamp) || Math.abs(now - Number(given.timestamp)) > maxDriftSeconds) {
      throw refused("timestamp", "时间戳与当前时间相差超过5分钟");
    }
    const text = requestText(call, given.timestamp, given.nonce_str);
    if (!verifiesText(text, given.signature, account.merchantKey)) throw wrongSignature(call, text);
    useNonce(account.mchId, given.nonce_str, now);
    return account;
  };
}

/** `<scheme> name="value",…` with each name once, in any order. */
function readAuthorization(header = ""): Authorization {
  const [, fields] = /^(?:WECHATPAY2-SHA256-RSA2048) (.+)$/.exec(header) ?? [];
  if (fields === undefined) throw refused("authorization", `Authorization must begin with ${scheme}`);
  const given = new Map<string, string>();
  for (const field of fields.split(",")) {
    const [, name = "", value] = /^\s*(\w+)="([^"]*)"$/.exec(field) ?? [];
    if (value === undefined || given.has(name)) throw refused("authorization", "Authorization格式错误");
    given.set(name, value);
  }
  const named = fieldNames.map((name) => [name, given.get(name)] as const);
  if (given.size !== named.length || named.some(([, value]) => !value)) {
    throw refused("authorization", `Authorization must hold exactly ${fieldNames.join(", ")}`);
  }
  return Object.fromEntries(named) as Authorization;
}

function refused(field: string, issue: string): WechatError {
  return new WechatError("SIGN_ERROR", issue, { location: "authorization", field });
}

/** Shows what WeChat checked the signature over, as the real one does. */
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
