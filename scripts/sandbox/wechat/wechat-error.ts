import { statuses } from "./refusal-codes.ts";

export type WechatErrorCode = keyof typeof statuses;

/** A refusal in WeChat's format: `{code, message, detail?}`. */
export class WechatError extends Error {
  readonly code: WechatErrorCode;
  readonly status: number;
  readonly detail: object | undefined;

  /** `status`: for a call that answers this code with another HTTP status than most calls. */
  constructor(code: WechatErrorCode, message: string, detail?: object, status: number = statuses[code]) {
    super(message);
    this.name = "WechatError";
    this.code = code;
    this.detail = detail;
    this.status = status;
  }

  body(): object {
    return { code: this.code, message: this.message, ...(this.detail && { detail: this.detail }) };
  }
}

/** PARAM_ERROR about one field of the body, the path or the query. */
export function paramError(location: "body" | "uri_template" | "query", field: string, issue: string): Error {
  return new WechatError("PARAM_ERROR", `参数错误：${field}: ${issue}`, { location, field, issue });
}
