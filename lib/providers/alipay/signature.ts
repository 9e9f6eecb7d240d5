import { GatewayError } from "../../errors.ts";
import { signatureFits } from "../signature-fits.ts";

/** RSA2 in Alipay's words. The older `RSA` (SHA-1) is never accepted. */
function isSigned(text: string, signature: string, publicKey: string): boolean {
  return signatureFits(Buffer.from(text), signature, publicKey);
}

/**
 * The fields of a notice that Alipay has signed: all but `sign` and `sign_type`, decoded once, empty ones included.
 * Throws `notification_refused`.
 * https://opendocs.alipay.com/open/270/105902
 */
export function verifiedNotice(body: Buffer, publicKey: string): Record<string, string> {
  const fields = noticeFields(body);
  const { sign, sign_type: signType, ...signed } = fields;
  // mutation: alipay-notice-sign-type
  if (signType !== "RSA2") throw new GatewayError("notification_refused", "sign_type must be RSA2");
  if (!sign) throw new GatewayError("notification_refused", "the notice is not signed");
  // What is signed is the same when two fields are made one. Alipay takes no such texts, and we send none.
  // mutation: alipay-joined-fields
  if (Object.values(signed).some((value) => /&\w+=/.test(value)))
    throw new GatewayError("notification_refused", "the signed text can be read in two ways");
  const text = Object.keys(signed)
    .sort()
    .map((name) => `${name}=${signed[name]}`)
    .join("&");
  // mutation: alipay-notice-signature
  if (!isSigned(text, sign, publicKey)) {
    throw new GatewayError("notification_refused", "the signature does not fit the notice");
  }
  return signed;
}

/**
 * The fields of a notice as they came, signed or not. Throws `notification_refused` for what is not a form with unique
 * fields: that it is malformed is for the one to hear who has signed it, and Alipay signs no such thing.
 */
export function noticeFields(body: Buffer): Record<string, string> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new GatewayError("notification_refused", "the notice is not UTF-8");
  }
  const entries = [...new URLSearchParams(text)];
  const names = new Set(entries.map(([name]) => name));
  // mutation: alipay-notice-field-twice
  if (names.size !== entries.length)
    throw new GatewayError(
      /* mutation: alipay-refusal-kind */ "notification_refused",
      "a field appears twice",
    );
  return Object.fromEntries(entries);
}

/**
 * The text of `member` in an answer `{"<member>":{…},"sign":"…"}` when Alipay's signature covers exactly that text, else
 * undefined. Only the returned text may be parsed: what was verified and what is read can then not differ.
 */
export function verifiedMember(answer: string, member: string, publicKey: string): string | undefined {
  const members = topLevelMembers(answer);
  const text = members?.get(member);
  const sign = members?.get("sign");
  if (text === undefined || sign === undefined || !/^"[0-9A-Za-z+/=]+"$/.test(sign)) return undefined;
  // mutation: alipay-answer-signature
  return isSigned(text, sign.slice(1, -1), publicKey) ? text : undefined;
}

/** Source text of each member of a JSON object; undefined for anything else and for a member that appears twice. */
export function topLevelMembers(json: string): Map<string, string> | undefined {
  if (!isObject(json)) return undefined;
  const members = new Map<string, string>();
  const inside = json.trim().slice(1, -1);
  let depth = 0;
  let start = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  const add = (end: number): boolean => {
    const member = inside.slice(start, end);
    const [head, name] = /^\s*"((?:[^"\\]|\\.)*)"\s*:/.exec(member) ?? [];
    if (
      head === undefined ||
      name === undefined ||
      /* mutation: alipay-answer-member-twice */ members.has(name)
    )
      return false;
    members.set(name, member.slice(head.length).trim());
    return true;
  };
  for (const { 0: token, index } of inside.matchAll(tokens)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (token === "," && depth === 0) {
      if (!add(index)) return undefined;
      start = index + 1;
    }
  }
  return add(inside.length) ? members : undefined;
}

/** `JSON.parse` judges the grammar, so that the scan above may be simple. */
function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
