import type { Attempt } from "../attempt.ts";
import type { Rng } from "../rng.ts";
import type { Targets } from "../targets.ts";

/** Bytes that are invalid or unusual HTTP, for the server in front of the functions. */
export function malformed(rng: Rng, { victim }: Targets): Attempt {
  const { orderNo, provider } = rng.pick(victim.orders);
  const [kind, text] = rng.pick(ways)(
    rng,
    `/api/v1/payment/query/${orderNo}`,
    `${provider}/${victim.configs[provider]}`,
  );
  const nothing = { method: "", target: "", headers: {}, body: Buffer.alloc(0) };
  return { kind, ...nothing, bytes: Buffer.from(text, "latin1"), mayBeAnswered: true };
}

type Way = (rng: Rng, path: string, config: string) => [kind: string, bytes: string];

const host = "Host: pay.example.com\r\nConnection: close\r\n";
const head = (line: string, more = "") => `${line}\r\n${host}${more}\r\n`;

const ways: readonly Way[] = [
  (rng) => [
    "random bytes",
    Array.from({ length: 1 + rng.int(400) }, () => String.fromCharCode(rng.int(256))).join(""),
  ],
  (rng, path) => [
    "a first line that is none",
    head(
      rng.pick([
        `GET ${path}`,
        `GET  ${path} HTTP/1.1`,
        `GET ${path} HTTP/9.9`,
        `GET ${path} x HTTP/1.1`,
        " ",
        path,
      ]),
    ),
  ],
  (rng, path) => [
    "a target of another form",
    head(
      `GET ${rng.pick([`http://pay.example.com${path}`, "*", `\\${path}`, `${path}#x`, "http://[::1", "//x/y"])} HTTP/1.1`,
    ),
  ],
  (rng, path) => [
    "a header that is none",
    head(
      `GET ${path} HTTP/1.1`,
      rng.pick(["x\r\n", ": y\r\n", "a b: c\r\n", "a: b\0c\r\n", "a: b\r\n c\r\n", "a:\x9b31m\r\n"]),
    ),
  ],
  (rng, path) => [
    "too much of a header",
    head(`GET ${path} HTTP/1.1`, `x: ${"y".repeat(10_000 + rng.int(20_000))}\r\n`),
  ],
  (rng, _path, config) => [
    "two lengths",
    `${head(
      `POST /api/v1/public/notify/${config} HTTP/1.1`,
      rng.pick([
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 1e3\r\n",
      ]),
    )}0\r\n\r\nGET /health HTTP/1.1\r\n\r\n`,
  ],
  (rng, _path, config) => [
    "a body that ends too soon",
    `${head(`POST /api/v1/public/notify/${config} HTTP/1.1`, `Content-Length: ${2 + rng.int(1000)}\r\n`)}a`,
  ],
  (rng) => [
    "another protocol",
    rng.pick([
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01",
      "SSH-2.0-x\r\n",
      head("CONNECT x:1 HTTP/1.1"),
    ]),
  ],
  (_rng, path) => [
    "two requests at once",
    `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n${head(`GET ${path} HTTP/1.1`, "Upgrade: h2c\r\n")}`,
  ],
];
