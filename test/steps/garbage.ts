import { gzipSync } from "node:zlib";
import type { Corruption } from "./corrupted-provider.ts";
import type { ProxiedAnswer } from "./provider-proxy.ts";

const body = (change: (body: string) => string, status?: number): Corruption => {
  return (honest) => ({ ...honest, ...(status && { status }), body: change(honest.body) });
};
const instead = (text: string, status = 200) => body(() => text, status);

/** Writes the bytes of head and body directly to the socket, because Node's server would correct them. */
const raw = (text: (honest: ProxiedAnswer) => string | Buffer): Corruption => {
  return (honest, response) => {
    response.socket?.end(text(honest));
    return undefined;
  };
};
const html = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";
const head = (lines: string) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${lines}\r\n`;

/** Responses that no provider sends on purpose. After one of them the outcome of the call is unknown. */
export const garbage: [string, Corruption][] = [
  ["an HTML page", instead(html)],
  ["an HTML page with HTTP 500", instead(html, 500)],
  ["an HTML page with HTTP 503", instead(html, 503)],
  ["an empty body", instead("")],
  ["HTTP 204", instead("", 204)],
  ["a single space", instead(" ")],
  ["a JSON null", instead("null")],
  ["a JSON number", instead("7")],
  ["a JSON string", instead('"success"')],
  ["an empty JSON array", instead("[]")],
  ["an empty JSON object", instead("{}")],
  ["a __proto__ member", instead('{"__proto__":{"id":"cs_test_1","status":"CREATED"}}')],
  ["XML", instead("<xml><return_code>SUCCESS</return_code></xml>")],
  [
    "an error with HTTP 200",
    instead('{"error":{"type":"card_error","code":"card_declined","message":"no"}}'),
  ],
  ["a refusal with HTTP 200", instead('{"name":"UNPROCESSABLE_ENTITY","code":"PARAM_ERROR","message":"no"}')],
  ["the first half of its JSON", body((text) => text.slice(0, text.length / 2))],
  ["extra characters after its JSON", body((text) => `${text}{}`)],
  ["its JSON in an array", body((text) => `[${text}]`)],
  ["its JSON as a string", body((text) => JSON.stringify(text))],
  ["100,000 levels of nesting", instead(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)],
  ["a body of 1.2 MB", body((text) => text + " ".repeat(1_200_000))],
  [
    "a redirect",
    (honest) => ({ ...honest, status: 302, headers: { location: "https://evil.example/" }, body: "" }),
  ],
  [
    "HTTP 503 with an endless Retry-After",
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
    "a body shorter than its Content-Length",
    raw(({ body: text }) => `${head(`content-length: ${text.length * 2}\r\n`)}${text}`),
  ],
  ["a Content-Length that cuts its body", raw(({ body: text }) => `${head("content-length: 9\r\n")}${text}`)],
  [
    "two different Content-Length headers",
    raw(({ body: text }) => `${head("content-length: 9\r\ncontent-length: 10\r\n")}${text}`),
  ],
  [
    "an invalid chunked body",
    raw(({ body: text }) => `${head("transfer-encoding: chunked\r\n")}zz\r\n${text}`),
  ],
  [
    "a header of 100,000 bytes",
    raw(({ body: text }) => `${head(`x-flood: ${"x".repeat(100_000)}\r\n`)}${text}`),
  ],
  ["10,000 headers", raw(({ body: text }) => `${head("x-flood: 1\r\n".repeat(10_000))}${text}`)],
  ["a greeting of SSH instead of HTTP", raw(() => "SSH-2.0-OpenSSH_9.9\r\n")],
  ["an invalid HTTP status", raw(() => "HTTP/1.1 999999 ?\r\n\r\n")],
  ["a connection closed within the status line", raw(() => "HTTP/1.1 200")],
  ["a connection closed without a response", raw(() => "")],
  [
    "an endless body",
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

/** Sets one member of a JSON response: in Alipay's `…_response`, in a list's first item, or else at the top. */
export function member(path: string, value: unknown): Corruption {
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
