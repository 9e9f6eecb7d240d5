import { type AddressInfo, createServer, type LookupFunction, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { insideTransaction } from "../../lib/invocation.ts";
import { type NotificationSenderOptions, notificationSender } from "../../lib/notify/send-notification.ts";
import { signedHeaders } from "../../lib/notify/signature.ts";
import { request } from "../../lib/outbound/request.ts";
import { localServer, type Reply } from "../outbound/local-server.ts";

const payload = '{"event":"payment.success","subject":"茶 \\u00e9 \\/ 🍵","amount":10.5}\r\n';
const headers = { "webhook-id": "evt-1", "webhook-timestamp": "1", "webhook-signature": "v1,c2lnbmVk" };

/** A sender for which this server is a listed loopback endpoint, by address and as `merchant.test`. */
function senderTo(url: string, options: Partial<NotificationSenderOptions> = {}) {
  const { host, port } = new URL(url);
  const send = notificationSender({
    loopbackEndpoints: new Set([host, `merchant.test:${port}`]),
    resolve: async () => ["127.0.0.1"],
    ...options,
  });
  return (to = url) => send({ url: to, headers, payload });
}

/** A merchant who answers like this. */
async function aMerchant(reply: Reply | (() => Reply)) {
  const server = await localServer(typeof reply === "function" ? reply : () => reply);
  return { ...server, send: senderTo(server.url), named: server.url.replace("127.0.0.1", "merchant.test") };
}

/** A server that counts connections and bytes. */
async function aListener(onConnection: (socket: Socket) => void = () => {}) {
  const seen = { connections: 0, bytes: 0, closed: Promise.withResolvers<void>() };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on("data", (chunk) => {
      seen.bytes += chunk.length;
    });
    socket.on("error", () => {});
    socket.on("close", () => seen.closed.resolve());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

describe("a notification that is sent", () => {
  it("arrives byte for byte, with its signature, and says who sends it", async () => {
    const merchant = await aMerchant({ body: "ok" });
    expect(await merchant.send()).toEqual({ outcome: "received", httpStatus: 200, answer: "ok" });
    expect(merchant.calls).toHaveLength(1);
    expect(merchant.calls[0]).toMatchObject({ method: "POST", body: payload });
    expect(merchant.calls[0]?.headers).toMatchObject({
      ...headers,
      "content-type": "application/json",
      "user-agent": expect.stringContaining("Uni-Pay"),
      "accept-encoding": "identity",
      connection: "close",
      "content-length": String(Buffer.byteLength(payload)),
    });
  });

  it.each([
    [200, "received"],
    [204, "received"],
    [299, "received"],
    [300, "failed"],
    [304, "failed"],
    [400, "failed"],
    [401, "failed"],
    [404, "failed"],
    [410, "gone"],
    [429, "failed"],
    [500, "failed"],
    [503, "failed"],
  ] as const)("and answered with %i is %s", async (status, outcome) => {
    const merchant = await aMerchant({ status });
    expect(await merchant.send()).toMatchObject({ outcome, httpStatus: status });
  });

  it.each([301, 302, 303, 307, 308])("is not sent on to where a %i points", async (status) => {
    const elsewhere = await aMerchant({ body: "stolen" });
    const merchant = await aMerchant({ status, headers: { location: elsewhere.url } });
    const send = senderTo(merchant.url, {
      loopbackEndpoints: new Set([new URL(merchant.url).host, new URL(elsewhere.url).host]),
    });
    expect(await send()).toEqual({
      outcome: "failed",
      httpStatus: status,
      answer: "a redirect, which is not followed",
    });
    expect([merchant.calls.length, elsewhere.calls.length]).toEqual([1, 0]);
  });

  it("takes no way through a proxy", async () => {
    const proxy = await aMerchant({ body: "proxied" });
    const merchant = await aMerchant({ body: "direct" });
    const before = process.env;
    onTestFinished(() => {
      process.env = before;
    });
    process.env = {
      ...before,
      http_proxy: proxy.url,
      HTTP_PROXY: proxy.url,
      ALL_PROXY: proxy.url,
      NODE_USE_ENV_PROXY: "1",
    };
    expect(await merchant.send()).toMatchObject({ answer: "direct" });
    expect(proxy.calls).toHaveLength(0);
  });

  it("uses a connection of its own each time", async () => {
    const merchant = await aMerchant({});
    await merchant.send();
    await merchant.send();
    expect(new Set(merchant.calls.map(({ socket }) => socket)).size).toBe(2);
  });
});

describe("the addresses of a name", () => {
  it("are asked for once, and the connection goes to what was answered", async () => {
    const merchant = await aMerchant({});
    const asked: string[] = [];
    const send = senderTo(merchant.url, {
      resolve: async (hostname) => {
        asked.push(hostname);
        return ["127.0.0.1"];
      },
    });
    expect(await send(merchant.named)).toMatchObject({ outcome: "received" });
    expect(asked).toEqual(["merchant.test"]);
    expect(merchant.calls[0]?.headers.host).toBe(new URL(merchant.named).host);
  });

  it("are asked for and judged again at the next attempt", async () => {
    const merchant = await aMerchant({});
    const answers = [["127.0.0.1"], ["169.254.169.254"]];
    const send = senderTo(merchant.url, { resolve: async () => answers.shift() ?? [] });
    expect(await send(merchant.named)).toMatchObject({ outcome: "received" });
    expect(await send(merchant.named)).toMatchObject({ outcome: "failed", httpStatus: null });
    expect(merchant.calls).toHaveLength(1);
  });

  it.each([
    ["loopback", ["127.0.0.1"]],
    ["IPv6 loopback", ["::1"]],
    ["mapped loopback", ["::ffff:127.0.0.1"]],
    ["unspecified", ["0.0.0.0"]],
    ["public, then loopback", ["8.8.8.8", "127.0.0.1"]],
    ["loopback, then public", ["127.0.0.1", "8.8.8.8"]],
    ["public, then metadata", ["2606:4700:4700::1111", "fd00:ec2::254"]],
    ["public with a zone", ["2606:4700:4700::1111%lo"]],
    ["no address at all", ["merchant.test"]],
  ])("stop a send when they are %s", async (_title, addresses) => {
    const listener = await aListener();
    const send = notificationSender({ loopbackEndpoints: new Set(), resolve: async () => addresses });
    const outcome = await send({ url: `https://merchant.test:${listener.port}/`, headers, payload });
    expect(outcome).toEqual({
      outcome: "failed",
      httpStatus: null,
      answer: "not sent: the host name has an address that is not public",
    });
    expect(listener.seen).toMatchObject({ connections: 0, bytes: 0 });
  });

  it("of a listed loopback endpoint must be loopback", async () => {
    const send = senderTo("http://127.0.0.1:9", { resolve: async () => ["127.0.0.1", "8.8.8.8"] });
    expect((await send("http://merchant.test:9/")).answer).toMatch(/^not sent/);
  });

  it("may be none", async () => {
    const send = senderTo("http://127.0.0.1:9", { resolve: async () => [] });
    expect((await send("http://merchant.test:9/")).answer).toBe("the host name has no address (ENOTFOUND)");
  });

  it("may not be found out", async () => {
    const resolve = () => Promise.reject(Object.assign(new Error("canary"), { code: "EAI_AGAIN" }));
    const send = senderTo("http://127.0.0.1:9", { resolve });
    expect((await send("http://merchant.test:9/")).answer).toBe("the host name has no address (EAI_AGAIN)");
  });

  it.each(["localhost", "localhost."])(
    "of %s are those of this machine, which is not public",
    async (name) => {
      const listener = await aListener();
      const send = notificationSender({ loopbackEndpoints: new Set() });
      const outcome = await send({ url: `https://${name}:${listener.port}/`, headers, payload });
      expect(outcome).toMatchObject({ outcome: "failed", answer: expect.stringMatching(/^not sent/) });
      expect(listener.seen).toMatchObject({ connections: 0, bytes: 0 });
    },
  );
});

describe("an address that is not allowed", () => {
  it.each(["http", "https"])(
    "gets no connection by %s when it is loopback and not listed",
    async (scheme) => {
      const listener = await aListener();
      const send = notificationSender({ loopbackEndpoints: new Set(["127.0.0.1:1"]) });
      const outcome = await send({ url: `${scheme}://127.0.0.1:${listener.port}/`, headers, payload });
      expect(outcome).toMatchObject({ outcome: "failed", httpStatus: null });
      expect(listener.seen).toMatchObject({ connections: 0, bytes: 0 });
    },
  );

  it("gets no byte, of TLS neither, although the connection went there", async () => {
    const listener = await aListener();
    // A network that leads elsewhere than the checked address says.
    const elsewhere: LookupFunction = (_host, options, done) =>
      options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
    const send = notificationSender({
      loopbackEndpoints: new Set(),
      request: (wanted) => request({ ...wanted, lookup: elsewhere }),
    });
    const outcome = await send({ url: `https://merchant.test:${listener.port}/`, headers, payload });
    expect(outcome.answer).toBe("not sent: the connection led to an address that is not public");
    await listener.seen.closed.promise;
    expect(listener.seen).toMatchObject({ connections: 1, bytes: 0 });
  });
});

describe("a merchant's server that takes its time", () => {
  const limits = { connectMs: 100, totalMs: 150 };

  /** Writes `first`, then `drop` again and again, for as long as it may. */
  const dripping = (first: string, drop: string) =>
    aListener((socket) => {
      socket.write(first);
      const timer = setInterval(() => socket.write(drop), 10);
      socket.on("close", () => clearInterval(timer));
    });

  it.each([
    ["never answers", "", ""],
    ["drips header lines", "HTTP/1.1 200 OK\r\n", "x-drop: 1\r\n"],
    ["drips interim answers", "", "HTTP/1.1 103 Early Hints\r\n\r\n"],
    ["drips a body", "HTTP/1.1 500 Failed\r\ncontent-length: 100000\r\n\r\n", "x"],
  ])("is given up when it %s", async (_title, first, drop) => {
    const listener = await dripping(first, drop);
    const send = senderTo(`http://127.0.0.1:${listener.port}`, { limits });
    expect(await send()).toMatchObject({ outcome: "failed", answer: "no complete answer within 0.15 s" });
    await listener.seen.closed.promise;
  });

  it("is given up when TLS never stands", async () => {
    const listener = await aListener();
    const send = senderTo(`http://127.0.0.1:${listener.port}`, { limits });
    const { answer } = await send(`https://127.0.0.1:${listener.port}/`);
    expect(answer).toBe("no connection within 0.1 s");
    await listener.seen.closed.promise;
  });

  it("is given up when its name never resolves", async () => {
    const send = senderTo("http://127.0.0.1:9", { limits, resolve: () => new Promise(() => {}) });
    expect((await send("http://merchant.test:9/")).answer).toBe("no connection within 0.1 s");
  });
});

describe("a merchant's server that misbehaves", () => {
  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", /^the answer is not HTTP/],
    ["headers without end", `HTTP/1.1 200 OK\r\nx: ${"x".repeat(100_000)}`, /^the answer is not HTTP/],
    ["nothing", "", /^the connection broke/],
    ["half a body", "HTTP/1.1 500 Failed\r\ncontent-length: 10\r\n\r\nab", /^the connection broke/],
    [
      "another protocol",
      "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
      /^the connection broke/,
    ],
  ])("and says %s has failed", async (_title, answer, words) => {
    const listener = await aListener((socket) => socket.once("data", () => socket.end(answer)));
    const outcome = await senderTo(`http://127.0.0.1:${listener.port}`)();
    expect(outcome).toEqual({ outcome: "failed", httpStatus: null, answer: expect.stringMatching(words) });
  });

  it("and is not there has failed", async () => {
    const merchant = await aMerchant({});
    await new Promise((resolve) => merchant.server.close(resolve));
    expect((await merchant.send()).answer).toBe("no connection (ECONNREFUSED)");
  });

  it("and says more than 64 KiB is read no further", async () => {
    const merchant = await aMerchant({ status: 500, body: "x".repeat(1_000_000) });
    expect(await merchant.send()).toMatchObject({ outcome: "failed" });
  });
});

describe("what is kept of an answer", () => {
  it("is its first 4 KiB in whole characters", async () => {
    const merchant = await aMerchant({ body: `a${"茶".repeat(10_000)}` });
    const { outcome, answer } = await merchant.send();
    expect(outcome).toBe("received");
    expect(answer).toBe(`a${"茶".repeat(1365)}`);
  });

  it("is printable, on one line", async () => {
    const body = Buffer.from([...Buffer.from("a\u0000\u001b[31m\r\nb\u202ec\u2028d"), 0xff, 0x65]);
    expect((await (await aMerchant({ body })).send()).answer).toBe("a [31m b c d\ufffde");
  });

  it("is not unpacked", async () => {
    const merchant = await aMerchant({ headers: { "content-encoding": "gzip" }, body: "plain" });
    expect((await merchant.send()).answer).toBe("plain");
  });

  it("gives away nothing of what was sent, however it is echoed", async () => {
    const secret = `whsec_${Buffer.from("canary-key").toString("base64")}`;
    const live = signedHeaders("evt-1", payload, [secret, `${secret}Ag==`], new Date(0));
    const signatures =
      live["webhook-signature"]?.split(" ").map((signature) => signature.slice("v1,".length)) ?? [];
    const token = "canary-token-in-query";
    const echoes = [
      ...Object.values(live),
      JSON.stringify(live).replaceAll("/", "\\/"),
      encodeURIComponent(live["webhook-signature"] ?? ""),
      payload,
      JSON.stringify({ payload }),
      `?token=${token}`,
      JSON.stringify({ token }),
      secret,
      "ak_canary0123456789",
    ];
    for (const status of [200, 500]) {
      const merchant = await aMerchant({ status, body: `before ${echoes.join(" | ")} after` });
      const { host } = new URL(merchant.url);
      const send = notificationSender({ loopbackEndpoints: new Set([host]) });
      const { answer } = await send({ url: `${merchant.url}/hook?token=${token}`, headers: live, payload });
      expect(answer).toMatch(/^before .* after$/);
      for (const told of [
        ...signatures,
        ...signatures.map(encodeURIComponent),
        "payment.success",
        "canary",
      ]) {
        expect(answer).not.toContain(told);
      }
    }
  });
});

describe("a mistake of ours", () => {
  it.each([
    ["a header that cannot be sent", { "webhook-id": "a\r\nb" }],
    ["a header that is no text", { "webhook-id": "\u2603" }],
  ])("like %s is a failed attempt, not an exception", async (_title, wrong) => {
    const merchant = await aMerchant({});
    const send = notificationSender({ loopbackEndpoints: new Set([new URL(merchant.url).host]) });
    const outcome = await send({ url: merchant.url, headers: wrong, payload });
    expect(outcome).toEqual({ outcome: "failed", httpStatus: null, answer: "not sent: an internal error" });
    expect(merchant.calls).toHaveLength(0);
  });

  it("like sending inside a transaction sends nothing", async () => {
    const merchant = await aMerchant({});
    expect(await insideTransaction(() => merchant.send())).toMatchObject({ outcome: "failed" });
    expect(merchant.calls).toHaveLength(0);
  });
});
