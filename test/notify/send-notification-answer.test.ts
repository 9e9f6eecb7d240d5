import { describe, expect, it } from "vitest";
import { notificationSender } from "../../lib/notify/send-notification.ts";
import { signedHeaders } from "../../lib/notify/signature.ts";
import { type OutboundRequest, request } from "../../lib/outbound/request.ts";
import { aListener, aMerchant, payload, senderTo } from "./merchant-server.ts";

describe("a merchant's server that takes its time", () => {
  const limits = { connectMs: 100, totalMs: 150 };

  it("has 3 s for the connection, 10 s in all and 64 KiB to say", async () => {
    const wanted: OutboundRequest[] = [];
    const recording: typeof request = (asked) => {
      wanted.push(asked);
      return request(asked);
    };
    const merchant = await aMerchant({});
    const send = senderTo(merchant.url, { request: recording });
    await send();
    expect(wanted).toMatchObject([{ connectTimeoutMs: 3_000, deadlineMs: 10_000, maxBodyBytes: 65_536 }]);
  });

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
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", null, /^the answer is not HTTP/],
    ["headers without end", `HTTP/1.1 200 OK\r\nx: ${"x".repeat(100_000)}`, null, /^the answer is not HTTP/],
    ["nothing", "", null, /^the connection broke/],
    ["half a body", "HTTP/1.1 500 Failed\r\ncontent-length: 10\r\n\r\nab", 500, /^the connection broke/],
  ])("and says %s has failed", async (_title, answer, httpStatus, words) => {
    const listener = await aListener((socket) => socket.once("data", () => socket.end(answer)));
    const outcome = await senderTo(`http://127.0.0.1:${listener.port}`)();
    expect(outcome).toEqual({ outcome: "failed", httpStatus, answer: expect.stringMatching(words) });
  });

  it.each([
    [201, "content-length: 10\r\n\r\nab", "received"],
    [200, `content-length: 100000\r\n\r\n${"x".repeat(70_000)}`, "received"],
    [302, "content-length: 10\r\n\r\nab", "failed"],
    [410, "content-length: 10\r\n\r\nab", "gone"],
  ])("and says %i but no whole body is judged by what it said", async (status, rest, outcome) => {
    const head = `HTTP/1.1 ${status} Said\r\n`;
    const listener = await aListener((socket) => socket.once("data", () => socket.end(head + rest)));
    expect(await senderTo(`http://127.0.0.1:${listener.port}`)()).toMatchObject({ outcome });
  });

  it("and is not there has failed", async () => {
    const merchant = await aMerchant({});
    await new Promise((resolve) => merchant.server.close(resolve));
    expect((await merchant.send()).answer).toBe("no connection (ECONNREFUSED)");
  });

  it("and changes to another protocol has failed", async () => {
    const switching = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
    const listener = await aListener((socket) => socket.once("data", () => socket.write(switching)));
    const limits = { connectMs: 100, totalMs: 150 };
    const outcome = await senderTo(`http://127.0.0.1:${listener.port}`, { limits })();
    expect(outcome).toMatchObject({ outcome: "failed" });
    await listener.seen.closed.promise;
  });

  it("and never ends its answer has failed after 64 KiB, long before the time is up", async () => {
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    const listener = await aListener((socket) => {
      socket.write("HTTP/1.1 500 Failed\r\ntransfer-encoding: chunked\r\n\r\n");
      const more = () => socket.write(chunk, (error) => error ?? more());
      more();
    });
    const { outcome, answer } = await senderTo(`http://127.0.0.1:${listener.port}`)();
    expect(outcome).toBe("failed");
    expect(answer).not.toContain("within");
    await listener.seen.closed.promise;
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
