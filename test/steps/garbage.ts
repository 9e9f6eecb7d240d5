import { gzipSync } from "node:zlib";
import type { TappedAnswer } from "../contract/tap.ts";
import type { Garble } from "./garbled-provider.ts";

const body = (change: (body: string) => string, status?: number): Garble => {
  return (honest) => ({ ...honest, ...(status && { status }), body: change(honest.body) });
};
const instead = (text: string, status = 200) => body(() => text, status);

/** Head and body to the byte, past what Node would put right. */
const raw = (text: (honest: TappedAnswer) => string | Buffer): Garble => {
  return (honest, response) => {
    response.socket?.end(text(honest));
    return undefined;
  };
};
const html = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";
const head = (lines: string) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${lines}\r\n`;

/** What no provider means to answer, whatever it was asked: nobody knows afterwards what was done. */
export const garbage: [string, Garble][] = [
  ["a page of HTML", instead(html)],
  ["a page of HTML with HTTP 500", instead(html, 500)],
  ["a page of HTML with HTTP 503", instead(html, 503)],
  ["nothing", instead("")],
  ["HTTP 204", instead("", 204)],
  ["a blank", instead(" ")],
  ["null", instead("null")],
  ["a number", instead("7")],
  ["a text", instead('"success"')],
  ["a list", instead("[]")],
  ["an empty object", instead("{}")],
  ["a prototype", instead('{"__proto__":{"id":"cs_test_1","status":"CREATED"}}')],
  ["XML", instead("<xml><return_code>SUCCESS</return_code></xml>")],
  [
    "an error with HTTP 200",
    instead('{"error":{"type":"card_error","code":"card_declined","message":"no"}}'),
  ],
  ["a refusal with HTTP 200", instead('{"name":"UNPROCESSABLE_ENTITY","code":"PARAM_ERROR","message":"no"}')],
  ["half of its JSON", body((text) => text.slice(0, text.length / 2))],
  ["more behind its JSON", body((text) => `${text}{}`)],
  ["its JSON in a list", body((text) => `[${text}]`)],
  ["its JSON as a text", body((text) => JSON.stringify(text))],
  ["100,000 levels", instead(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)],
  ["1.2 MB", body((text) => text + " ".repeat(1_200_000))],
  [
    "a redirect",
    (honest) => ({ ...honest, status: 302, headers: { location: "https://evil.example/" }, body: "" }),
  ],
  [
    "a way to come again later",
    (honest) => ({ ...honest, status: 503, headers: { "retry-after": "1e999" }, body: "" }),
  ],
  [
    "its JSON in gzip",
    raw(({ body: text }) => {
      const packed = gzipSync(text);
      const lines = `content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n`;
      return Buffer.concat([Buffer.from(head(lines)), packed]);
    }),
  ],
  [
    "its JSON in UTF-16",
    raw(({ body: text }) => Buffer.concat([Buffer.from(head("")), Buffer.from(text, "utf16le")])),
  ],
  [
    "bytes that are not UTF-8",
    raw(() => Buffer.concat([Buffer.from(head("")), Buffer.from([0x7b, 0xff, 0xfe, 0x7d])])),
  ],
  [
    "less than its length",
    raw(({ body: text }) => `${head(`content-length: ${text.length * 2}\r\n`)}${text}`),
  ],
  ["a length that cuts it", raw(({ body: text }) => `${head("content-length: 9\r\n")}${text}`)],
  ["two lengths", raw(({ body: text }) => `${head("content-length: 9\r\ncontent-length: 10\r\n")}${text}`)],
  ["chunks that are none", raw(({ body: text }) => `${head("transfer-encoding: chunked\r\n")}zz\r\n${text}`)],
  ["a flood of headers", raw(({ body: text }) => `${head(`x-flood: ${"x".repeat(100_000)}\r\n`)}${text}`)],
  ["10,000 headers", raw(({ body: text }) => `${head("x-flood: 1\r\n".repeat(10_000))}${text}`)],
  ["another protocol", raw(() => "SSH-2.0-OpenSSH_9.9\r\n")],
  ["a status that is none", raw(() => "HTTP/1.1 999999 ?\r\n\r\n")],
  ["an end before its head", raw(() => "HTTP/1.1 200")],
  ["an end without a word", raw(() => "")],
  [
    "a body without an end",
    (_honest, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const pour = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
      };
      response.on("drain", pour);
      pour();
      return undefined;
    },
  ],
];

/** An answer in whose JSON a member of the provider's own object, or of a list's first, is another value. */
export function member(path: string, value: unknown): Garble {
  return (honest) => {
    const parsed = JSON.parse(honest.body) as Record<string, unknown>;
    const wrapped = Object.keys(parsed).find((name) => name.endsWith("_response"));
    const inList = parsed.object === "list" ? ["data", "0"] : [];
    const names = [...(wrapped ? [wrapped] : inList), ...path.split(".")];
    const last = names.pop()!;
    const parent = names.reduce((at, name) => (at?.[name] ?? {}) as Record<string, unknown>, parsed);
    parent[last] = value;
    return { ...honest, body: JSON.stringify(parsed) };
  };
}
