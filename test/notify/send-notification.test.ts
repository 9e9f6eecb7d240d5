import type { LookupFunction } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { insideTransaction } from "../../lib/invocation.ts";
import { notificationSender } from "../../lib/notify/send-notification.ts";
import { request } from "../../lib/outbound/request.ts";
import { aListener, aMerchant, headers, payload, senderTo } from "./merchant-server.ts";

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
    [305, "failed"],
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

  it.each([300, 301, 302, 303, 307, 308])("is not sent on to where a %i points", async (status) => {
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
      // Some resolvers know no name with a dot at its end.
      expect(outcome).toMatchObject({
        outcome: "failed",
        answer: expect.stringMatching(/not public|no address/),
      });
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
