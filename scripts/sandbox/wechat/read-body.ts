import { paramError, WechatError } from "./wechat-error.ts";

/** UTF-8 bytes: 69 characters were refused as 135 (github.com/JeffreySu/WeiXinMPSDK/issues/3217). */
type TextRules = { maxBytes: number; pattern?: RegExp };

/** Reads the members of one JSON object; every refusal is a PARAM_ERROR that names the member. */
export type Members = {
  text(name: string, rules: TextRules): string;
  optionalText(name: string, rules: TextRules): string | undefined;
  /** A JSON number of fen, 1 or more. */
  fen(name: string): number;
  members(name: string): Members;
  /** Refuses members that were not read: WeChat has more of them, and none may be ignored silently. */
  done(): void;
};

/** Reads the body of a POST, which must be a JSON object. */
export function readBody(body: string): Members {
  let parsed: unknown;
  try {
    checkCharacters(body);
    parsed = JSON.parse(body);
  } catch (error) {
    if (error instanceof WechatError) throw error;
    throw paramError("body", "", "请求体不是JSON");
  }
  return readMembers(parsed, "");
}

/**
 * API v3 accepts only characters of one to three bytes
 * (pay.weixin.qq.com/docs/merchant/development/interface-rules/basic-rules.html); the message is from
 * github.com/cloudreve/cloudreve/issues/2491. A JSON escape counts as its character.
 */
function checkCharacters(body: string): void {
  const escaped = /\\u[dD][89abAB][0-9a-fA-F]{2}/;
  if (/[\u{10000}-\u{10FFFF}]/u.test(body) || escaped.test(body)) {
    throw new WechatError("INVALID_REQUEST", "请求内容传入了非UTF8参数");
  }
}

function readMembers(value: unknown, at: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw paramError("body", at, "must be an object");
  }
  const members = new Map<string, unknown>(Object.entries(value));
  const read = new Set<string>();
  const path = (name: string) => `${at}/${name}`;

  function take(name: string): unknown {
    read.add(name);
    return members.get(name);
  }

  function optionalText(name: string, { maxBytes, pattern }: TextRules): string | undefined {
    const found = take(name);
    if (found === undefined) return undefined;
    if (typeof found !== "string" || found === "") throw paramError("body", path(name), "must be a string");
    if (Buffer.byteLength(found) > maxBytes) {
      throw paramError("body", path(name), `longer than ${maxBytes} bytes`);
    }
    if (pattern && !pattern.test(found)) throw paramError("body", path(name), `must match ${pattern}`);
    return found;
  }

  return {
    optionalText,
    text(name, rules) {
      const found = optionalText(name, rules);
      if (found === undefined) throw paramError("body", path(name), "必填");
      return found;
    },
    fen(name) {
      const found = take(name);
      if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 1) {
        throw paramError("body", path(name), "must be an integer of at least 1");
      }
      return found;
    },
    members(name) {
      const found = take(name);
      if (found === undefined) throw paramError("body", path(name), "必填");
      return readMembers(found, path(name));
    },
    done() {
      const unread = [...members.keys()].find((name) => !read.has(name));
      if (unread !== undefined) throw paramError("body", path(unread), "not simulated");
    },
  };
}
