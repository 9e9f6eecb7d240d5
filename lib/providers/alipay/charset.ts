import { isUtf8 } from "node:buffer";

/** What Alipay writes in: we ask for UTF-8, and get GBK now and then. gb18030 reads all that GBK and GB2312 can write. */
export type Charset = "utf-8" | "gb18030";

const gbk = /^(?:gbk|gb2312|gb18030|x-gbk|cp936)$/i;

/**
 * How these bytes are to be read, once their signature is verified: GBK when it is declared; else UTF-8 where they can be
 * that, and GBK where they cannot, whatever is declared (github.com/smartwalle/alipay/pull/257: `charset=utf-8`, and a
 * `sub_msg` in GBK).
 */
export function charsetOf(bytes: Buffer, declared = ""): Charset {
  return gbk.test(declared) || /* mutation: alipay-gbk-undeclared */ !isUtf8(bytes) ? "gb18030" : "utf-8";
}

/** The charset that a `content-type` declares. */
export function charsetIn(contentType = ""): string | undefined {
  return /;\s*charset\s*=\s*"?([\w-]+)/i.exec(contentType)?.[1];
}

/** Never throws: what is no character becomes U+FFFD. */
export function decode(bytes: Buffer, charset: Charset): string {
  return new TextDecoder(charset, { ignoreBOM: true }).decode(bytes);
}

/**
 * The bytes as one character each, in which every ASCII sign is one: the second byte of a character in GBK may look like
 * `\`, `{` or `]`.
 */
export function asciiView(bytes: Buffer, charset: Charset): string {
  const view = bytes.toString("latin1");
  // mutation: alipay-ascii-view
  if (charset === "utf-8") return view;
  return view.replace(/[\x81-\xfe](?:[0-9][\x81-\xfe][0-9]|[@-~\x80-\xfe])/g, ({ length }) =>
    "x".repeat(length),
  );
}
