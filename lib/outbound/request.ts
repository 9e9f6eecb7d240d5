import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { reach } from "../failpoint.ts";
import { assertNoTransaction, currentInvocation } from "../invocation.ts";
import { failureKind, OutboundError, type OutboundFailure } from "./outbound-error.ts";

export type OutboundHeaders = Record<string, string | number>;

export type OutboundRequest = {
  method: "GET" | "POST" | "DELETE";
  url: string | URL;
  /** A function is called again for a repeat: a signature may be valid only once. */
  headers?: OutboundHeaders | (() => OutboundHeaders);
  body?: string | Buffer;
  /** The server treats a repeat as the same request. GET always is idempotent. */
  idempotent?: boolean;
  /** Limit for the connection, TLS handshake included. */
  connectTimeoutMs?: number;
  /** Limit from the call to the last byte of the answer, a repeat included. */
  deadlineMs?: number;
  maxBodyBytes?: number;
  /** `false`: a connection of its own, closed afterwards. Absent: the shared keep-alive agent. */
  agent?: http.Agent | false;
  /** Pins the address. Node does not call it for IP literals: check those first. */
  lookup?: LookupFunction;
  /** Throws to refuse a connected socket; runs before its first byte, TLS included, is written. */
  checkSocket?: (socket: Socket) => void;
};

export type OutboundAnswer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** Free sockets older than this are closed; those of a frozen environment are found dead at their next use instead. */
const idleMs = 60_000;
const agents = {
  "http:": new http.Agent({ keepAlive: true, timeout: idleMs }),
  "https:": new https.Agent({ keepAlive: true, timeout: idleMs }),
};

/**
 * Bytes that headers, interim (1xx) answers and body framing may add to the body; Node itself limits only some of them.
 */
const mostAroundBodyBytes = 65_536;

/** Time of the invocation that is reserved for recording the result: no transaction begins with less than 5 s left. */
const reservedMs = 6000;

/**
 * One HTTP request, without redirects, decompression or proxy variables; any status is an answer. Network failures are
 * thrown as `OutboundError`. A keep-alive socket that turns out to be dead before any byte of an answer (usual after
 * the platform froze the process) is replaced once by a fresh one, if a repeat can do no harm.
 */
export async function request(options: OutboundRequest): Promise<OutboundAnswer> {
  const url = new URL(options.url);
  assertNoTransaction(`request to ${url.host}`);
  const rest = currentInvocation().remainingMs() - /* mutation: request-reserved-time */ reservedMs;
  const endsAt = performance.now() + Math.min(options.deadlineMs ?? 8000, rest);
  if (process.env.FAILPOINTS) await reach("before", `http ${options.method} ${url.host}${url.pathname}`);
  const answer = await attemptTwice(options, url, endsAt);
  if (process.env.FAILPOINTS) await reach("after", `http ${options.method} ${url.host}${url.pathname}`);
  return answer;
}

async function attemptTwice(options: OutboundRequest, url: URL, endsAt: number): Promise<OutboundAnswer> {
  const first = await attempt(options, url, endsAt);
  if (!("stale" in first)) return first;
  const repeatable = options.method === "GET" || options.idempotent === true;
  // mutation: request-repeatable
  if (!repeatable) throw first.stale;
  const second = await attempt({ ...options, agent: false }, url, endsAt);
  if ("stale" in second) throw second.stale;
  return second;
}

type Attempt = OutboundAnswer | { stale: OutboundError };

/** `stale`: a kept-alive socket broke before any byte of an answer. */
function attempt(options: OutboundRequest, url: URL, endsAt: number): Promise<Attempt> {
  const left = endsAt - performance.now();
  if (left <= 0) return Promise.reject(new OutboundError("timeout", url.host, false, "NO_TIME_LEFT"));
  const { promise, resolve, reject } = Promise.withResolvers<Attempt>();
  const outgoing = open(options, url);
  const seen: Seen = { connected: false, answering: false, status: null };

  const deadline = setTimeout(() => fail("timeout", seen.connected), left);
  const connecting = setTimeout(() => fail("timeout", false, "CONNECT"), options.connectTimeoutMs ?? 2000);
  const mostBodyBytes = options.maxBodyBytes ?? 1_048_576;
  const stop = watchSocket(outgoing, options, seen, {
    connected: () => clearTimeout(connecting),
    blocked: () => fail("blocked", false),
    received: (bytes) => {
      if (bytes > mostBodyBytes + mostAroundBodyBytes) fail("too-large", true);
    },
  });
  const settle = () => {
    clearTimeout(deadline);
    clearTimeout(connecting);
    stop();
  };
  const fail = (kind: OutboundFailure, mayHaveArrived: boolean, systemCode?: string) => {
    settle();
    reject(new OutboundError(kind, url.host, mayHaveArrived, systemCode, seen.status));
    outgoing.destroy();
  };

  outgoing.on("error", (error) => {
    const code = systemCodeOf(error);
    const kind = failureKind(code);
    if (!outgoing.reusedSocket || seen.answering || kind !== "reset") return fail(kind, seen.connected, code);
    settle();
    resolve({ stale: new OutboundError(kind, url.host, true, code) });
  });
  // Without a listener Node would only close the connection, and we would wait for the deadline.
  outgoing.once("upgrade", () => fail("malformed", true, "UPGRADE"));
  outgoing.once("response", async (incoming) => {
    seen.status = incoming.statusCode ?? null;
    try {
      const body = await readBody(incoming, mostBodyBytes);
      settle();
      if (body) resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
      else fail("too-large", true);
    } catch (error) {
      fail(failureKind(systemCodeOf(error)), true, systemCodeOf(error));
    }
  });
  outgoing.end(options.body);
  return promise;
}

function open(options: OutboundRequest, url: URL): ClientRequest {
  const secure = url.protocol === "https:";
  return (secure ? https : http).request(url, {
    method: options.method,
    headers: {
      "accept-encoding": "identity",
      ...(options.body === undefined ? {} : { "content-length": Buffer.byteLength(options.body) }),
      ...(typeof options.headers === "function" ? options.headers() : options.headers),
    },
    agent: options.agent ?? agents[secure ? "https:" : "http:"],
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED could turn it off.
    rejectUnauthorized: true,
    ...(options.lookup ? { lookup: options.lookup } : {}),
  });
}

type Seen = { connected: boolean; answering: boolean; status: number | null };

/** Watches the socket from its connection to the last byte of the answer; returns a function that stops watching. */
function watchSocket(
  outgoing: ClientRequest,
  { checkSocket }: OutboundRequest,
  seen: Seen,
  on: { connected: () => void; blocked: () => void; received: (bytes: number) => void },
): () => void {
  let stop = () => {};
  outgoing.once("socket", (socket) => {
    let bytes = 0;
    const sawData = (chunk: Buffer) => {
      seen.answering = true;
      bytes += chunk.length;
      on.received(bytes);
    };
    stop = () => socket.off("data", sawData);
    socket.on("data", sawData);
    const check = () => {
      try {
        checkSocket?.(socket);
      } catch {
        socket.destroy();
        on.blocked();
      }
    };
    const connected = () => {
      seen.connected = true;
      on.connected();
    };
    if (socket.destroyed) return;
    if (!socket.connecting) {
      check();
      return connected();
    }
    // Before Node's own listener, which starts the TLS handshake.
    // mutation: socket-checked-first
    socket.prependOnceListener("connect", check);
    socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", connected);
  });
  return () => stop();
}

/** Undefined when the body is longer than `limit` bytes. */
async function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    // mutation: answer-longest
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function systemCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
