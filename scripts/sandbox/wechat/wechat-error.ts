/**
 * HTTP statuses of the codes that are simulated
 * (error tables of pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_1.shtml and chapter3_1_9.shtml).
 */
const statuses = {
  PARAM_ERROR: 400,
  INVALID_REQUEST: 400,
  APPID_MCHID_NOT_MATCH: 400,
  ORDERPAID: 400,
  ORDER_CLOSED: 400,
  SIGN_ERROR: 401,
  NO_AUTH: 403,
  OUT_TRADE_NO_USED: 403,
  NOT_ENOUGH: 403,
  ORDER_NOT_EXIST: 404,
  RESOURCE_NOT_EXISTS: 404,
  FREQUENCY_LIMITED: 429,
  SYSTEM_ERROR: 500,
} as const;

export type WechatErrorCode = keyof typeof statuses;

/** A refusal in WeChat's words: `{code, message, detail?}`. */
export class WechatError extends Error {
  readonly code: WechatErrorCode;
  readonly detail: object | undefined;

  constructor(code: WechatErrorCode, message: string, detail?: object) {
    super(message);
    this.name = "WechatError";
    this.code = code;
    this.detail = detail;
  }

  get status(): number {
    return statuses[this.code];
  }

  body(): object {
    return { code: this.code, message: this.message, ...(this.detail && { detail: this.detail }) };
  }
}

/** PARAM_ERROR about one field of the body, the path or the query. */
export function paramError(location: "body" | "uri_template" | "query", field: string, issue: string): Error {
  return new WechatError("PARAM_ERROR", `参数错误：${field}: ${issue}`, { location, field, issue });
}
