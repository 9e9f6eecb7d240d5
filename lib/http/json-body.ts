import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { GatewayError } from "../errors.ts";
import { whyNotJson, withoutByteOrderMark } from "../json-text.ts";

const longestBytes = 64 * 1024;
const deepest = 32;

/**
 * Parses a request's JSON: strict UTF-8, at most 64 KiB, 32 levels deep, no duplicate names in an object. Numbers in
 * the fields named in `asText` are returned as their source text, because `JSON.parse` silently turns
 * 12.3400000000000000001 into 12.34.
 */
export function readJsonBody(body: Buffer, asText: readonly string[] = []): unknown {
  // mutation: body-longest
  if (body.length > longestBytes) throw malformed("the body is over 64 KiB: send less");
  const text = decode(body);
  const sources = new WeakMap<object, Map<string, string>>();
  const value = parse(text, sources);
  assertShape(text);
  if (!isRecord(value)) throw malformed("the body must be a JSON object");
  for (const name of asText) {
    const source = sources.get(value)?.get(name);
    if (source !== undefined) value[name] = source;
  }
  return value;
}

/** API Gateway decodes JSON bodies to text and replaces invalid bytes by U+FFFD. */
const replaced = "\uFFFD";

/** Detects the UTF-16 byte order mark, or the NUL byte beside each ASCII character. */
function isUtf16(body: Buffer): boolean {
  const [first, second] = body;
  return (
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    body.subarray(0, 8).includes(0)
  );
}

function decode(body: Buffer): string {
  // mutation: body-utf-16
  if (isUtf16(body)) throw malformed("the body is UTF-16: send it in UTF-8");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    // mutation: body-replaced-characters
    if (!text.includes(replaced)) return /* mutation: body-byte-order-mark */ withoutByteOrderMark(text);
  } catch {
    // Invalid UTF-8: reported below.
  }
  throw malformed("the body is not valid UTF-8: encode all of it in UTF-8, not in GBK or Latin-1");
}

type Reviver = (this: object, key: string, value: unknown, context: { source?: string }) => unknown;

function parse(text: string, sources: WeakMap<object, Map<string, string>>): unknown {
  const remember: Reviver = function (key, value, { source }) {
    if (typeof value === "number" && source !== undefined) {
      const ofObject = sources.get(this) ?? new Map<string, string>();
      sources.set(this, ofObject.set(key, source));
    }
    return value;
  };
  try {
    return JSON.parse(text, remember as Parameters<typeof JSON.parse>[1]);
  } catch {
    throw malformed(`the body is not valid JSON: ${whyNotJson(text)}`);
  }
}

/** Refuses deep nesting, duplicate names and `__proto__`, which `JSON.parse` accepts; `text` must be valid JSON. */
function assertShape(text: string): void {
  const open: (Set<string> | null)[] = [];
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (name !== undefined) {
      const names = open.at(-1);
      const key = JSON.parse(name) as string;
      // zod schemas would drop it silently.
      // mutation: body-proto
      if (key === "__proto__") throw malformed(`the name "${key}" is not allowed`, key);
      // mutation: body-name-twice
      if (names?.has(key)) throw malformed(`the name "${key.slice(0, 64)}" occurs twice in one object`, key);
      names?.add(key);
    } else if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      // mutation: body-deepest
      if (open.length > deepest) throw malformed(`the body is nested deeper than ${deepest} levels`);
    } else if (token === "}" || token === "]") {
      open.pop();
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(message: string, field = "body"): GatewayError {
  return new GatewayError("invalid_parameter", message, { fields: [{ field: field.slice(0, 64), message }] });
}

/** Returns the body if its content type is JSON in UTF-8; refuses any other before reading it. */
export function assertJson(event: APIGatewayProxyEventV2): Buffer {
  const problem = whyNotRead(event.headers["content-type"]?.trim() ?? "");
  if (problem === undefined) return rawBody(event);
  const fields = [{ field: "content-type", message: problem }];
  throw new GatewayError("invalid_parameter", problem, { fields });
}

const right = "send content-type: application/json";

/** JSON has no charset parameter (RFC 8259, 11), but many tools send one, and some send another than UTF-8. */
function whyNotRead(type: string): string | undefined {
  const [name = "", ...parameters] = type.split(";").map((part) => part.trim());
  if (name === "") return right;
  // mutation: body-content-type
  if (name.toLowerCase() !== "application/json") return `${right}, not ${shown(name)}`;
  const charsets = parameters.map((part) => /^charset\s*=\s*(["']?)(.*?)\1$/i.exec(part)?.[2]);
  const other = charsets.find(
    (charset) => charset !== undefined && /* mutation: body-charset */ !/^utf-?8$/i.test(charset),
  );
  return other === undefined ? undefined : `${right} and the body in UTF-8, not in ${shown(other)}`;
}

/** The caller's text, truncated, without characters that no content type has. */
function shown(text: string): string {
  return text.replace(/[^\w.+/-]/g, "").slice(0, 40) || "something else";
}

type Body = Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded">;

/** The body's original bytes: API Gateway passes text as is and encodes everything else in base64. */
export function rawBody({ body, isBase64Encoded }: Body): Buffer {
  return Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
}
