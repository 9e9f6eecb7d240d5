import net, { type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { insideTransaction, withInvocation } from "../../../lib/invocation.ts";
import { OutboundError } from "../../../lib/outbound/outbound-error.ts";
import { type OutboundRequest, request } from "../../../lib/outbound/request.ts";
import { localServer } from "./local-server.ts";

async function failure(input: OutboundRequest): Promise<OutboundError> {
  const error = await request(input).catch((thrown: unknown) => thrown);
  if (!(error instanceof OutboundError)) throw new Error("expected an OutboundError", { cause: error });
  return error;
}

/** A server that answers every request with these bytes. */
async function rawServer(answer: string, end = true): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => (end ? socket.end(answer) : socket.write(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe("outbound requests", () => {
  it("an outbound request sends method, path, headers and body without compression and returns the bytes", async () => {
    const server = await localServer(() => ({
      status: 418,
      headers: { "x-a": "b" },
      body: Buffer.from([0, 255]),
    }));
    const answer = await request({
      method: "POST",
      url: `${server.url}/p?q=1`,
      headers: { "x-key": "k" },
      body: "中",
    });
    expect(answer).toMatchObject({ status: 418, headers: { "x-a": "b" }, body: Buffer.from([0, 255]) });
    expect(server.calls[0]).toMatchObject({
      method: "POST",
      path: "/p?q=1",
      body: "中",
      headers: { "x-key": "k", "accept-encoding": "identity", "content-length": "3" },
    });
  });

  it("an outbound request keeps its connection for the next one", async () => {
    const server = await localServer(() => ({ body: "ok" }));
    for (let count = 0; count < 3; count += 1) await request({ method: "GET", url: server.url });
    expect(new Set(server.calls.map(({ socket }) => socket)).size).toBe(1);
  });

  it("an outbound request without an agent uses a new connection", async () => {
    const server = await localServer(() => ({ body: "ok" }));
    for (let count = 0; count < 2; count += 1)
      await request({ method: "GET", url: server.url, agent: false });
    expect(new Set(server.calls.map(({ socket }) => socket)).size).toBe(2);
  });

  it("an outbound request never follows a redirect", async () => {
    const elsewhere = await localServer(() => ({ body: "stolen" }));
    const server = await localServer(() => ({ status: 307, headers: { location: elsewhere.url } }));
    expect((await request({ method: "POST", url: server.url, body: "x" })).status).toBe(307);
    expect(elsewhere.calls).toHaveLength(0);
  });

  it("an outbound request ignores proxy variables", async () => {
    const proxy = await localServer(() => ({ body: "proxied" }));
    const server = await localServer(() => ({ body: "direct" }));
    const before = { ...process.env };
    onTestFinished(() => {
      process.env = before;
    });
    process.env = { ...before, HTTP_PROXY: proxy.url, http_proxy: proxy.url, NODE_USE_ENV_PROXY: "1" };
    expect(String((await request({ method: "GET", url: server.url })).body)).toBe("direct");
    expect(proxy.calls).toHaveLength(0);
  });

  it("an outbound request inside a transaction is refused before anything is sent", async () => {
    const server = await localServer(() => ({ body: "ok" }));
    await expect(insideTransaction(() => request({ method: "GET", url: server.url }))).rejects.toThrow(
      /transaction/,
    );
    expect(server.calls).toHaveLength(0);
  });
});

describe("outbound requests that fail", () => {
  it("a refused connection is reported as such, and the request cannot have arrived", async () => {
    const server = await localServer(() => ({}));
    await new Promise((resolve) => server.server.close(resolve));
    expect(await failure({ method: "POST", url: server.url })).toMatchObject({
      kind: "refused",
      mayHaveArrived: false,
    });
  });

  it("a host without an address is reported as unresolved, and the request cannot have arrived", async () => {
    const lookup: OutboundRequest["lookup"] = (_host, _options, done) =>
      done(Object.assign(new Error("no such host"), { code: "ENOTFOUND" }), "", 0);
    const error = await failure({ method: "GET", url: "http://nowhere.test/", lookup, agent: false });
    expect(error).toMatchObject({ kind: "unresolved", mayHaveArrived: false });
  });

  it("an outbound request without a response ends at its deadline and may have arrived", async () => {
    const server = await localServer(() => "hang");
    const error = await failure({ method: "POST", url: server.url, deadlineMs: 80 });
    expect(error).toMatchObject({ kind: "timeout", mayHaveArrived: true });
  });

  it("an outbound request with an unfinished response ends at its deadline", async () => {
    const url = await rawServer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab", false);
    expect(await failure({ method: "GET", url, deadlineMs: 80 })).toMatchObject({
      kind: "timeout",
      mayHaveArrived: true,
    });
  });

  it("an outbound request whose TLS handshake never completes ends at the connect timeout", async () => {
    const silent = net.createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const error = await failure({ method: "POST", url, connectTimeoutMs: 80, agent: false });
    expect(error).toMatchObject({ kind: "timeout", mayHaveArrived: false, systemCode: "CONNECT" });
  });

  it("an outbound request is not sent when the invocation is about to end", async () => {
    const server = await localServer(() => ({}));
    const ending = { requestId: "", remainingMs: () => 5500 };
    const error = await withInvocation(ending, () => failure({ method: "POST", url: server.url }));
    expect(error).toMatchObject({ kind: "timeout", mayHaveArrived: false });
    expect(server.calls).toHaveLength(0);
  });

  it("an outbound request ends early enough for the invocation to store the result", async () => {
    const server = await localServer(() => "hang");
    const invocation = { requestId: "", remainingMs: () => 6080 };
    const error = await withInvocation(invocation, () => failure({ method: "POST", url: server.url }));
    expect(error).toMatchObject({ kind: "timeout", mayHaveArrived: true });
  });

  it("a response body over the limit is refused, one at the limit is accepted", async () => {
    const server = await localServer(() => ({ body: "x".repeat(100) }));
    expect((await request({ method: "GET", url: server.url, maxBodyBytes: 100 })).body).toHaveLength(100);
    const error = await failure({ method: "GET", url: server.url, maxBodyBytes: 99 });
    expect(error).toMatchObject({ kind: "too-large", mayHaveArrived: true });
  });

  it("a small response body with too many bytes of framing is refused", async () => {
    const framed = (chunks: number) =>
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${`1;${"x".repeat(1000)}\r\nx\r\n`.repeat(chunks)}0\r\n\r\n`;
    expect(
      (await request({ method: "GET", url: await rawServer(framed(60)), maxBodyBytes: 100 })).body,
    ).toHaveLength(60);
    expect(
      await failure({ method: "GET", url: await rawServer(framed(100)), maxBodyBytes: 100 }),
    ).toMatchObject({
      kind: "too-large",
      mayHaveArrived: true,
    });
  });

  it.each([
    ["a body that breaks off", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab", "reset"],
    ["no HTTP at all", "SSH-2.0-OpenSSH\r\n\r\n", "malformed"],
    ["no bytes", "", "reset"],
  ])(
    "a response with %s is a failure of its own kind, and the request may have arrived",
    async (_title, answer, kind) => {
      const url = await rawServer(answer);
      expect(await failure({ method: "GET", url, agent: false })).toMatchObject({
        kind,
        mayHaveArrived: true,
      });
    },
  );

  it("an outbound error reveals no path, query, header, body or received bytes", async () => {
    const url = await rawServer("canary-answer");
    const error = await failure({
      method: "POST",
      url: `${url}canary-path?sign=canary-query`,
      headers: { authorization: "canary-header" },
      body: "canary-body",
    });
    expect(JSON.stringify([error, error.message, error.stack, error.cause])).not.toContain("canary-");
  });
});

describe("keep-alive sockets that died while idle", () => {
  /** Answers the first request on a socket and resets the connection at the second one. */
  const dying = () => {
    const used = new WeakSet<object>();
    return localServer(({ socket }) => {
      if (used.has(socket)) return "reset";
      used.add(socket);
      return { body: "ok" };
    });
  };

  it.each([{ method: "GET" }, { method: "POST", idempotent: true }] as const)(
    "a dead keep-alive socket is replaced once for %o",
    async (input) => {
      const server = await dying();
      await request({ ...input, url: server.url });
      expect(String((await request({ ...input, url: server.url })).body)).toBe("ok");
      expect(server.calls).toHaveLength(3);
    },
  );

  it("a dead keep-alive socket is not replaced for a request that must not be repeated", async () => {
    const server = await dying();
    await request({ method: "POST", url: server.url });
    expect(await failure({ method: "POST", url: server.url })).toMatchObject({
      kind: "reset",
      mayHaveArrived: true,
    });
    expect(server.calls).toHaveLength(2);
  });

  it("a dead keep-alive socket is replaced only once", async () => {
    const server = await localServer((_call, count) => (count === 1 ? { body: "ok" } : "reset"));
    await request({ method: "GET", url: server.url });
    expect(await failure({ method: "GET", url: server.url })).toMatchObject({ kind: "reset" });
    expect(server.calls).toHaveLength(3);
  });

  it("a new connection that breaks is not replaced", async () => {
    const server = await localServer(() => "reset");
    expect(await failure({ method: "GET", url: server.url })).toMatchObject({ kind: "reset" });
    expect(server.calls).toHaveLength(1);
  });
});

describe("checks of the connected socket", () => {
  it("a socket check sees the remote address and lets the request pass", async () => {
    const server = await localServer(() => ({ body: "ok" }));
    let address: string | undefined;
    const checkSocket = (socket: net.Socket) => {
      address = socket.remoteAddress;
    };
    await request({ method: "GET", url: server.url, agent: false, checkSocket });
    expect(address).toBe("127.0.0.1");
  });

  it.each(["http", "https"])(
    "a socket check refuses a connection before the first byte of %s",
    async (scheme) => {
      const received: Buffer[] = [];
      const closed = Promise.withResolvers<void>();
      const server = net.createServer((socket) => {
        socket.on("data", (chunk) => received.push(chunk));
        socket.on("error", () => {});
        socket.on("close", () => closed.resolve());
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const checkSocket = () => {
        throw new Error("not public");
      };
      const error = await failure({ method: "POST", url, body: "secret", agent: false, checkSocket });
      await closed.promise;
      expect(error).toMatchObject({ kind: "blocked", mayHaveArrived: false });
      expect(Buffer.concat(received)).toHaveLength(0);
    },
  );

  it("an outbound request connects to the address that its lookup returns", async () => {
    const server = await localServer(() => ({ body: "pinned" }));
    const { port } = new URL(server.url);
    const lookup: OutboundRequest["lookup"] = (_host, options, done) =>
      options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
    const answer = await request({
      method: "GET",
      url: `http://merchant.test:${port}/`,
      agent: false,
      lookup,
    });
    expect(String(answer.body)).toBe("pinned");
    expect(server.calls[0]?.headers.host).toBe(`merchant.test:${port}`);
  });
});
