/** The first level of Alipay's answers: code and msg (opendocs.alipay.com/common/02km9f). */
const messages = {
  "20000": "Service Currently Unavailable",
  "40001": "Missing Required Arguments",
  "40002": "Invalid Arguments",
  "40004": "Business Failed",
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
    return { code: this.code, msg: messages[this.code], sub_code: this.subCode, sub_msg: this.message };
  }
}

/** 40004: understood, and refused by the trade itself. */
export function businessError(subCode: string, subMessage: string): AlipayError {
  return new AlipayError("40004", `ACQ.${subCode}`, subMessage);
}
