import { GatewayError } from "../../errors.ts";
import { signatureFits } from "../rsa.ts";
import { asciiView, type Charset, charsetOf, decode } from "./charset.ts";

/**
 * Verifies a notice and returns its signed fields: all but `sign` and `sign_type`, empty ones included. The signature
 * covers the bytes; they are decoded afterwards, in the `charset` that the notice declares. Only `RSA2` is accepted,
 * never the older `RSA` (SHA-1). Throws `notification_refused`. https://opendocs.alipay.com/open/270/105902
 */
export function verifiedNotice(body: Buffer, publicKey: string): Record<string, string> {
  const fields = formFields(body);
  const signType = fields.get("sign_type")?.toString();
  const sign = fields.get("sign")?.toString("latin1");
  // mutation: alipay-notice-sign-type
  if (signType !== "RSA2") throw new GatewayError("notification_refused", "sign_type must be RSA2");
  if (!sign) throw new GatewayError("notification_refused", "the notice is not signed");
  const signed = [...fields].filter(([name]) => name !== "sign" && name !== "sign_type");
  // Two fields joined into one give the same signed text. Alipay accepts no such values, and we send none.
  // mutation: alipay-joined-fields
  if (signed.some(([, value]) => /&\w+=/.test(value.toString("latin1"))))
    throw new GatewayError("notification_refused", "the signed text can be read in two ways");
  // mutation: alipay-notice-signature
  if (!signatureFits(signingBytes(signed), sign, publicKey)) {
    throw new GatewayError("notification_refused", "the signature does not fit the notice");
  }
  return decoded(signed);
}

/**
 * The fields of a notice as received, signed or not. Throws `notification_refused` for anything but a form with unique
 * fields: `notification_malformed` is reported to authenticated senders only, and Alipay signs no such form.
 */
export function noticeFields(body: Buffer): Record<string, string> {
  return decoded([...formFields(body)]);
}

/** A name with `=` or `&` in it would make the signed text ambiguous. */
const fieldName = /^[a-z]\w{0,63}$/i;

/** The bytes of each field of a form: percent-decoded once, not yet decoded as text. */
function formFields(body: Buffer): Map<string, Buffer> {
  const fields = new Map<string, Buffer>();
  const form = body.toString("latin1").replace(/^(?:\xef\xbb\xbf)?\??/, "");
  for (const pair of form.split("&")) {
    if (pair === "") continue;
    const [head = ""] = pair.split("=", 1);
    const name = unescaped(head).toString("latin1");
    // mutation: alipay-notice-field-name
    if (!fieldName.test(name))
      throw new GatewayError("notification_refused", "a field has a name that Alipay never sends");
    // mutation: alipay-notice-field-twice
    if (fields.has(name))
      throw new GatewayError(
        /* mutation: alipay-refusal-kind */ "notification_refused",
        "a field appears twice",
      );
    fields.set(name, unescaped(pair.slice(head.length + 1)));
  }
  return fields;
}

function unescaped(text: string): Buffer {
  const spaced = text.replaceAll("+", " ");
  const plain = spaced.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, "latin1");
}

function signingBytes(fields: [string, Buffer][]): Buffer {
  const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.flatMap(([name, value], index) => [
    Buffer.from(`${index === 0 ? "" : "&"}${name}=`),
    value,
  ]);
  return Buffer.concat(parts);
}

function decoded(fields: [string, Buffer][]): Record<string, string> {
  const declared = fields.find(([name]) => name === "charset")?.[1].toString("latin1");
  const charset = charsetOf(Buffer.concat(fields.map(([, value]) => value)), declared);
  return Object.fromEntries(fields.map(([name, value]) => [name, decode(value, charset)]));
}

/**
 * The text of `member` in an answer `{"<member>":{…},"sign":"…"}` when Alipay's signature covers exactly its bytes,
 * else undefined. Only the returned text may be parsed, so that what was verified and what is read cannot differ.
 */
export function verifiedMember(
  answer: Buffer,
  member: string,
  publicKey: string,
  charset: Charset = charsetOf(answer),
): string | undefined {
  const members = topLevelMembers(answer, charset);
  const bytes = members?.get(member);
  const sign = members?.get("sign")?.toString("latin1");
  if (bytes === undefined || sign === undefined || !/^"[0-9A-Za-z+/=]+"$/.test(sign)) return undefined;
  // mutation: alipay-answer-signature
  return signatureFits(bytes, sign.slice(1, -1), publicKey) ? decode(bytes, charset) : undefined;
}

/** Source bytes of each member of a JSON object; undefined for anything else and for a member that appears twice. */
export function topLevelMembers(json: Buffer, charset: Charset): Map<string, Buffer> | undefined {
  const view = asciiView(json, charset);
  if (!isObject(view)) return undefined;
  const members = new Map<string, Buffer>();
  const last = view.lastIndexOf("}");
  let depth = 0;
  let start = view.indexOf("{") + 1;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  const add = (end: number): boolean => {
    const member = view.slice(start, end);
    const [head, name] = /^\s*"((?:[^"\\]|\\.)*)"\s*:\s*/.exec(member) ?? [];
    if (head === undefined || name === undefined) return false;
    const nameAt = start + head.indexOf('"') + 1;
    const key = decode(json.subarray(nameAt, nameAt + name.length), charset);
    // mutation: alipay-answer-member-twice
    if (members.has(key)) return false;
    members.set(key, json.subarray(start + head.length, start + member.trimEnd().length));
    return true;
  };
  tokens.lastIndex = start;
  for (let token = tokens.exec(view); token && token.index < last; token = tokens.exec(view)) {
    if (token[0] === "{" || token[0] === "[") depth += 1;
    else if (token[0] === "}" || token[0] === "]") depth -= 1;
    else if (token[0] === "," && depth === 0) {
      if (!add(token.index)) return undefined;
      start = token.index + 1;
    }
  }
  return add(last) ? members : undefined;
}

/** `JSON.parse` checks the grammar, so that the scan above may be simple. */
function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
