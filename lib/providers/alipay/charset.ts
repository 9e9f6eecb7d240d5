import { isUtf8 } from "node:buffer";

/** The charset of Alipay's text: we ask for UTF-8, and sometimes get GBK. gb18030 includes GBK and GB2312. */
export type Charset = "utf-8" | "gb18030";

const gbk = /^(?:gbk|gb2312|gb18030|x-gbk|cp936)$/i;

/**
 * The charset in which to decode bytes whose signature is verified: GBK if declared, else UTF-8 if the bytes are valid
 * UTF-8, else GBK, whatever is declared (github.com/smartwalle/alipay/pull/257: `charset=utf-8`, and a `sub_msg` in
 * GBK).
 */
export function charsetOf(bytes: Buffer, declared = ""): Charset {
  return gbk.test(declared) || /* mutation: alipay-gbk-undeclared */ !isUtf8(bytes) ? "gb18030" : "utf-8";
}

/** The charset that a `content-type` declares. */
export function charsetIn(contentType = ""): string | undefined {
  return /;\s*charset\s*=\s*"?([\w-]+)/i.exec(contentType)?.[1];
}

/** Never throws: invalid bytes become U+FFFD. */
export function decode(bytes: Buffer, charset: Charset): string {
  return new TextDecoder(charset, { ignoreBOM: true }).decode(bytes);
}

/**
 * The bytes as one character each. Multi-byte GBK characters are masked, because their second byte may look like `\`,
 * `{` or `]`.
 */
export function asciiView(bytes: Buffer, charset: Charset): string {
  const view = bytes.toString("latin1");
  // mutation: alipay-ascii-view
  if (charset === "utf-8") return view;
  return view.replace(/[\x81-\xfe](?:[0-9][\x81-\xfe][0-9]|[@-~\x80-\xfe])/g, ({ length }) =>
    "x".repeat(length),
  );
}
