import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { DeliveryOutcome } from "../../../lib/deliveries/send-notification.ts";

/** A hostile response to a notification and the expected outcome of the delivery. */
export type HostileAnswer = DeliveryOutcome & {
  name: string;
  /** `{trap}` stands for the origin of a server to which nothing may be sent, `{own}` for the responding server's. */
  says: string | Buffer;
  /**
   * `end`: closes the connection · `reset`: resets it · `silence`: sends no more · `again`: sends this text until the
   * connection ends · `drip`: the same, once in 10 ms.
   */
  then: "end" | "reset" | "silence" | { again: string } | { drip: string };
};

type Row = [name: string, says: string | Buffer, then?: HostileAnswer["then"]];

const rows = (outcome: DeliveryOutcome, ...list: Row[]): HostileAnswer[] =>
  list.map(([name, says, then = "end"]) => ({ name, says, then, ...outcome }));
const failed = (answer: string, httpStatus: number | null = null): DeliveryOutcome => {
  return { outcome: "failed", httpStatus, answer };
};
const received = (answer: string, httpStatus = 200): DeliveryOutcome => {
  return { outcome: "received", httpStatus, answer };
};

const tooLong = "the answer is longer than 65536 bytes";
const tooLate = "no complete answer within 0.3 s";
const broke = "the connection broke before the answer was complete (ECONNRESET)";
const notHttp = (code: string) => `the answer is not HTTP (${code})`;
const head = (status: string | number, ...lines: string[]) =>
  `${[`HTTP/1.1 ${status}`, ...lines].join("\r\n")}\r\n\r\n`;
const whole = (status: string | number, body: string, ...lines: string[]) =>
  head(status, ...lines, `content-length: ${Buffer.byteLength(body)}`) + body;
const chunked = (status: number, ...lines: string[]) => head(status, "transfer-encoding: chunked", ...lines);
const bomb = Buffer.alloc(10_000_000, "bomb");

const redirects = [300, 301, 302, 303, 307, 308].flatMap((status) =>
  rows(
    failed("a redirect, which is not followed", status),
    [`${status} to a blocked server`, whole(status, "", "location: {trap}/")],
    [`${status} to itself`, whole(status, "", "location: {own}/")],
  ),
);

const otherWays = [
  ...rows(
    failed("a redirect, which is not followed", 302),
    ["a redirect by TLS", whole(302, "", "location: https://{trap}/")],
    ["a redirect without a scheme", whole(302, "", "location: //{trap}/")],
    ["a relative redirect", whole(302, "", "location: /again")],
    ["a redirect to a file", whole(302, "", "location: file:///etc/passwd")],
    ["a redirect with two targets", whole(302, "", "location: {own}/", "location: {trap}/")],
    ["a redirect to nowhere", whole(302, "", "location: ")],
    ["a redirect without a target", whole(302, "")],
    ["a redirect with a long body", whole(302, "x".repeat(1000), "location: {trap}/")],
  ),
  ...rows(failed("a redirect, which is not followed", 304), ["not modified", head(304)]),
  ...rows(failed("a redirect, which is not followed", 305), [
    "use this proxy",
    whole(305, "", "location: {trap}/"),
  ]),
  ...rows(
    received("ok"),
    ["a refresh", whole(200, "ok", "refresh: 0; url={trap}/")],
    ["another place", whole(200, "ok", "content-location: {trap}/", "location: {trap}/")],
    ["another service", whole(200, "ok", 'alt-svc: h2="{trap}"; ma=3600', "link: <{trap}/>; rel=preload")],
    ["a report address", whole(200, "ok", 'reporting-endpoints: a="{trap}/"', 'nel: {"report_to":"a"}')],
    ["a protocol to change to", whole(200, "ok", "upgrade: h2c", "connection: upgrade")],
    ["an early hint", head(103, "link: <{trap}/>; rel=preload") + whole(200, "ok")],
  ),
  ...rows(received('<meta http-equiv="refresh" content="0; url=//merchant.example/">'), [
    "a refresh in HTML",
    whole(200, '<meta http-equiv="refresh" content="0; url=//merchant.example/">', "content-type: text/html"),
  ]),
  ...rows(failed("", 401), ["a challenge", whole(401, "", 'www-authenticate: Basic realm="{trap}"')]),
  ...rows(failed("", 407), ["a proxy's challenge", whole(407, "", "proxy-authenticate: Negotiate")]),
  ...rows(failed("", 421), ["a misdirection", whole(421, "", "location: {trap}/")]),
  ...rows(failed("", 426), [
    "a demand to upgrade",
    whole(426, "", "upgrade: TLS/1.3", "connection: upgrade"),
  ]),
  ...rows(failed("", 503), ["a retry at once", whole(503, "", "retry-after: 0", "location: {trap}/")]),
  ...rows(failed(notHttp("UPGRADE")), [
    "another protocol",
    head(101, "connection: upgrade", "upgrade: x"),
    "silence",
  ]),
];

const malformed = (code: string, ...list: Row[]) => rows(failed(notHttp(code)), ...list);
const malformedBody = (code: string, ...list: Row[]) => rows(failed(notHttp(code), 500), ...list);

const noHttp = [
  ...malformed(
    "HPE_INVALID_CONSTANT",
    ["HTTP/0.9", "<html>hello</html>"],
    ["SSH", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["ICY", "ICY 200 OK\r\n\r\n"],
    ["a version in lower case", "http/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["HTTP/2", Buffer.from("00000604000000000000040000ffff", "hex")],
    ["TLS", Buffer.from("15030100020228", "hex")],
    ["a request", "GET / HTTP/1.1\r\nhost: {trap}\r\n\r\n"],
    ["a NUL first", `\0${whole(200, "ok")}`],
    ["a space first", ` ${whole(200, "ok")}`],
  ),
  ...malformed("HPE_INVALID_VERSION", ["HTTP/3.0", "HTTP/3.0 200 OK\r\ncontent-length: 0\r\n\r\n"]),
  ...malformed(
    "HPE_INVALID_STATUS",
    ["a status of two digits", whole("20", "ok")],
    ["a status of four digits", whole("2000", "ok")],
    ["a status of words", whole("OK", "ok")],
    ["a negative status", whole("-200", "ok")],
    ["a status with a NUL", whole("200\0", "ok")],
  ),
  ...malformed(
    "HPE_INVALID_HEADER_TOKEN",
    ["a NUL in a header's name", whole(200, "ok", "x\0y: z")],
    ["a NUL in a header", whole(200, "ok", "x: \0")],
    ["a header without a colon", whole(200, "ok", "x")],
    ["a space before a colon", whole(200, "ok", "x : y")],
    ["a folded header", whole(200, "ok", "x: y\r\n z")],
  ),
  ...malformed("HPE_LF_EXPECTED", ["a bare carriage return in a header", whole(200, "ok", "x: a\rb")]),
  ...malformed("HPE_CR_EXPECTED", ["bare line feeds", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"]),
  ...malformed(
    "HPE_INVALID_CONTENT_LENGTH",
    ["a negative length", head(200, "content-length: -1")],
    ["a length in hexadecimal", `${head(200, "content-length: 0x2")}ok`],
    ["a length with an exponent", `${head(200, "content-length: 1e3")}ok`],
    ["a length beyond 64 bits", `${head(200, "content-length: 99999999999999999999")}ok`],
    ["two lengths in one", `${head(200, "content-length: 2, 2")}ok`],
    ["a length and chunks", `${chunked(200, "content-length: 2")}0\r\n\r\n`],
  ),
  ...malformed("HPE_UNEXPECTED_CONTENT_LENGTH", [
    "two lengths",
    `${head(200, "content-length: 2", "content-length: 3")}ok`,
  ]),
  ...malformed(
    "HPE_HEADER_OVERFLOW",
    ["a huge header", head(200, `x: ${"x".repeat(100_000)}`)],
    ["5000 headers", head(200, ...Array.from({ length: 5000 }, (_, n) => `x${n}: y`))],
    ["a huge reason", head(`200 ${"x".repeat(100_000)}`)],
    ["a header without end", "HTTP/1.1 200 OK\r\nx: ", { again: "x".repeat(1000) }],
    ["headers without end", "HTTP/1.1 200 OK\r\n", { again: "x: y\r\n".repeat(100) }],
  ),
  ...malformedBody(
    "HPE_INVALID_CHUNK_SIZE",
    ["chunks of garbage", `${chunked(500)}garbage\r\n`],
    ["a negative chunk", `${chunked(500)}-1\r\nx\r\n`],
    ["a chunk beyond 64 bits", `${chunked(500)}fffffffffffffffff\r\nx\r\n`],
  ),
  ...malformedBody("HPE_STRICT", ["a chunk without its end", `${chunked(500)}2\r\nokok\r\n`]),
  ...malformedBody("HPE_CHUNK_EXTENSIONS_OVERFLOW", [
    "a chunk's extension without end",
    `${chunked(500)}1;`,
    { again: "x".repeat(1000) },
  ]),
  ...malformedBody("HPE_HEADER_OVERFLOW", [
    "trailers without end",
    `${chunked(500)}0\r\n`,
    { again: "x: y\r\n".repeat(100) },
  ]),
];

/** A status that can be read counts, however odd the rest of the response is. */
const oddHttp = [
  ...rows(
    received(""),
    ["HTTP/0.9 with a status", "HTTP/0.9 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["HTTP/2.0 in words", "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["RTSP", "RTSP/1.0 200 OK\r\n\r\n"],
  ),
  ...rows(
    received("ok"),
    ["a reason with a NUL", whole("200 O\0K", "ok")],
    ["line breaks first", `\r\n\r\n${whole(200, "ok")}`],
    ["a body that ends with the connection", `${head(200)}ok`],
    ["an unknown transfer", `${head(200, "transfer-encoding: x")}ok`],
    ["chunks twice", `${head(200, "transfer-encoding: chunked, chunked")}2\r\nok\r\n0\r\n\r\n`],
    ["two answers, success first", whole(200, "ok") + whole(500, "no")],
    ["answers without end", whole(200, "ok"), { again: whole(500, "no").repeat(100) }],
    ["a thousand interim answers", head(100).repeat(1000) + whole(200, "ok")],
  ),
  ...rows(received("", 204), ["a body where none may be", head(204) + whole(500, "no")]),
  ...rows(received(notHttp("HPE_INVALID_CONSTANT")), [
    "a length too short",
    `${head(200, "content-length: 2")}ok, and more`,
  ]),
  ...rows(failed("no", 500), ["two answers, failure first", whole(500, "no") + whole(200, "ok")]),
  ...rows(failed("ok", 0), ["status 0", whole("000", "ok")]),
  ...rows(failed("ok", 999), ["status 999", whole("999", "ok")]),
  ...rows(failed("", 101), ["another protocol without a name", head(101)]),
];

const broken = [
  ...rows(
    failed(broke),
    ["nothing", ""],
    ["half a status", "HTTP/1.1 2"],
    ["half a head", "HTTP/1.1 200 OK\r\nx: y"],
    ["100 Continue, and no more", head(100)],
    ["a reset at once", "", "reset"],
  ),
  ...rows(
    failed(broke, 500),
    ["a huge length", `${head(500, "content-length: 999999999999999")}no`],
    ["a length too long by one", `${head(500, "content-length: 3")}no`],
    ["chunks without their end", `${chunked(500)}2\r\nno\r\n`],
    ["a reset within a body", `${head(500, "content-length: 9")}no`, "reset"],
  ),
  ...rows(
    received(broke),
    ["a success with a huge length", `${head(200, "content-length: 999999999999999")}ok`],
    ["a success in chunks without their end", `${chunked(200)}2\r\nok\r\n`],
    ["a success and a reset", head(200, "content-length: 2"), "reset"],
  ),
];

const long = [
  ...rows(received(tooLong), ["a success over the limit", whole(200, "x".repeat(65_537))]),
  ...rows({ ...failed(tooLong, 410), outcome: "gone" }, [
    "410 over the limit",
    whole(410, "x".repeat(65_537)),
  ]),
  ...rows(
    failed(tooLong, 500),
    ["a failure over the limit", whole(500, "x".repeat(65_537))],
    ["a body without end", head(500), { again: "x".repeat(1000) }],
    ["chunks without end", chunked(500), { again: "5\r\nhello\r\n".repeat(100) }],
    ["a chunk's size without end", chunked(500), { again: "0".repeat(1000) }],
    ["extensions of chunks without end", chunked(500), { again: `1;${"x".repeat(10_000)}\r\nx\r\n` }],
  ),
  ...rows(
    failed(tooLong),
    ["100 Continue without end", "", { again: head(100).repeat(100) }],
    ["102 Processing without end", "", { again: head(102).repeat(100) }],
    ["199 without end", "", { again: head(199).repeat(100) }],
    ["early hints without end", "", { again: head(103, "link: <{trap}/>; rel=preload").repeat(100) }],
    ["line breaks without end", "", { again: "\r\n".repeat(1000) }],
    ["spaces in a header without end", "HTTP/1.1 200 OK\r\nx:", { again: " ".repeat(1000) }],
  ),
];

const late = [
  ...rows(
    failed(tooLate),
    ["silence", "", "silence"],
    ["an interim answer, then silence", head(199), "silence"],
    ["half a head, then silence", "HTTP/1.1 200 OK\r\nx: y", "silence"],
    ["drops of interim answers", "", { drip: head(103) }],
    ["drops of line breaks", "", { drip: "\r\n" }],
    ["drops of a header", "HTTP/1.1 200 OK\r\nx: ", { drip: "x" }],
    ["drops of headers", "HTTP/1.1 200 OK\r\n", { drip: "x: y\r\n" }],
  ),
  ...rows(
    failed(tooLate, 500),
    ["a body, then silence", `${head(500, "content-length: 9")}no`, "silence"],
    ["drops of a body", head(500, "content-length: 99999"), { drip: "x" }],
    ["drops of chunks", chunked(500), { drip: "1\r\nx\r\n" }],
    ["drops of trailers", `${chunked(500)}0\r\n`, { drip: "x: y\r\n" }],
  ),
  ...rows(failed(tooLate, 302), [
    "a redirect, then silence",
    head(302, "location: {trap}/", "content-length: 9"),
    "silence",
  ]),
  ...rows(received(tooLate), ["a success, then silence", `${head(200, "content-length: 9")}ok`, "silence"]),
];

const encodings = [
  ...rows(
    received("ok"),
    ["an unknown content encoding", whole(200, "ok", "content-encoding: x")],
    ["an uncompressed body declared as gzip", whole(200, "ok", "content-encoding: gzip")],
  ),
  ...rows(failed(" ]0;x [2J", 500), ["terminal commands", whole(500, "\u001b]0;x\u0007\u001b[2J")]),
  ...rows(failed("a b c", 500), ["text from right to left", whole(500, "a\u202eb\u2066c")]),
  ...rows(failed("\ufffd(\ufffd", 500), [
    "broken UTF-8",
    Buffer.concat([Buffer.from(head(500, "content-length: 3")), Buffer.from([0xc3, 0x28, 0xff])]),
  ]),
  ...rows(received(" "), ["NULs", whole(200, "\0\0\0")]),
];

export const hostileAnswers: HostileAnswer[] = [
  ...redirects,
  ...otherWays,
  ...noHttp,
  ...oddHttp,
  ...broken,
  ...long,
  ...late,
  ...encodings,
];

/** 10 MB compressed to a few kilobytes, by content encoding. */
export const bombs: Record<string, Buffer> = {
  gzip: gzipSync(bomb),
  "gzip, gzip": gzipSync(gzipSync(bomb)),
  br: brotliCompressSync(bomb),
  deflate: deflateSync(bomb),
};
