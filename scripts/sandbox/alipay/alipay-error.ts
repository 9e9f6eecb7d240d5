import { gatewayCodes } from "../../../lib/providers/alipay/gateway-refusals.ts";

/** The first level of Alipay's answers: code and msg (opendocs.alipay.com/common/02km9f). */
const messages = {
  "20000": "Service Currently Unavailable",
  "20001": "Insufficient Token Permissions",
  "40001": "Missing Required Arguments",
  "40002": "Invalid Arguments",
  "40003": "Insufficient Conditions",
  "40004": "Business Failed",
  "40005": "Call Limited",
  "40006": "Insufficient Permissions",
} as const;

/** A refusal in Alipay's words. */
export class AlipayError extends Error {
  readonly code: keyof typeof messages;
  readonly subCode: string;

  constructor(code: keyof typeof messages, subCode: string, subMessage: string) {
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

/** 40004: understood, and refused by the trade itself. */
export function businessError(subCode: string, subMessage: string): AlipayError {
  return new AlipayError("40004", `ACQ.${subCode}`, subMessage);
}

/** The refusal that has this `sub_code`; a bare number is a refusal that says no more than that. */
export function namedError(subCode: string): AlipayError {
  if (isCode(subCode)) return new AlipayError(subCode, "", subCode);
  // A business code in the gateway's mouth comes with 20000 (opendocs.alipay.com/open/00f7nv).
  const code = subCode.startsWith("aop.ACQ.") ? "20000" : (gatewayCodes.get(subCode) ?? "40004");
  if (!isCode(code)) throw new Error(`no message for ${code}`);
  return new AlipayError(code, subCode, `refused on request: ${subCode}`);
}

function isCode(code: string): code is keyof typeof messages {
  return Object.hasOwn(messages, code);
}
