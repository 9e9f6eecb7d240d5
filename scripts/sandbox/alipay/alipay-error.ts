import { type FirstLevel, firstLevelOf } from "./refusal-codes.ts";

/** The first level of Alipay's answers: code and msg (opendocs.alipay.com/common/02km9f). */
const messages: Readonly<Record<FirstLevel, string>> = {
  "20000": "Service Currently Unavailable",
  "20001": "Insufficient Token Permissions",
  "40001": "Missing Required Arguments",
  "40002": "Invalid Arguments",
  "40003": "Insufficient Conditions",
  "40004": "Business Failed",
  "40005": "Call Limited",
  "40006": "Insufficient Permissions",
};

/** A refusal in Alipay's format. */
export class AlipayError extends Error {
  readonly code: FirstLevel;
  readonly subCode: string;

  constructor(code: FirstLevel, subCode: string, subMessage: string) {
    super(subMessage);
    this.name = "AlipayError";
    this.code = code;
    this.subCode = subCode;
  }

  /** The fields of the answer. */
  fields(): Record<string, string> {
    const fields = { code: this.code, msg: messages[this.code] };
    return this.subCode === "" ? fields : { ...fields, sub_code: this.subCode, sub_msg: this.message };
  }
}

/** 40004: a refusal for business reasons of the trade. */
export function businessError(subCode: string, subMessage: string): AlipayError {
  return new AlipayError("40004", `ACQ.${subCode}`, subMessage);
}

/** The refusal that has this `sub_code`; a number is a `code` without `sub_code`. */
export function namedError(subCode: string): AlipayError {
  if (isCode(subCode)) return new AlipayError(subCode, "", subCode);
  return new AlipayError(firstLevelOf(subCode), subCode, `refused on request: ${subCode}`);
}

function isCode(code: string): code is FirstLevel {
  return Object.hasOwn(messages, code);
}
