import { execFile } from "node:child_process";
import type { LookupFunction } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { notificationSender } from "../../../lib/deliveries/send-notification.ts";
import { insideTransaction } from "../../../lib/invocation.ts";
import { request } from "../../../lib/outbound/request.ts";
import { aListener, aMerchant, headers, payload, senderTo } from "./merchant-server.ts";
import { setTrap } from "./trap.ts";

describe("sending a notification", () => {
  it("a notification arrives byte for byte, with its signature and the sender's name", async () => {
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
  ] as const)("a notification answered with %i is %s", async (status, outcome) => {
    const merchant = await aMerchant({ status });
    expect(await merchant.send()).toMatchObject({ outcome, httpStatus: status });
  });

  it("a notification is not sent through a proxy, whatever the environment says", async () => {
    const proxy = await aMerchant({ body: "proxied" });
    const merchant = await aMerchant({ body: "direct" });
    const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    const env = {
      ...process.env,
      ...Object.fromEntries(names.map((name) => [name, proxy.url])),
      NO_PROXY: "",
      no_proxy: "",
      NODE_USE_ENV_PROXY: "1",
    };
    // Node reads these variables when it starts, hence the new process.
    const script = path.join(import.meta.dirname, "send-and-get.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script, merchant.url], { env });
    const [plain, secure, usual] = JSON.parse(stdout);
    expect(plain).toMatchObject({ outcome: "received", answer: "direct" });
    expect(secure).toMatchObject({ outcome: "failed", answer: expect.stringMatching(/^no trusted TLS/) });
    expect(usual).toBe("proxied");
    expect(proxy.calls.map(({ path }) => path)).toEqual([`${merchant.url}/usual`]);
    expect(merchant.calls).toHaveLength(1);
  });

  it("each notification uses a new connection", async () => {
    const merchant = await aMerchant({});
    await merchant.send();
    await merchant.send();
    expect(new Set(merchant.calls.map(({ socket }) => socket)).size).toBe(2);
  });
});

describe("addresses of a host name", () => {
  it("a host name is resolved once, and the connection goes to the resolved address", async () => {
    const merchant = await aMerchant({});
    const requested: string[] = [];
    const send = senderTo(merchant.url, {
      resolve: async (hostname) => {
        requested.push(hostname);
        return ["127.0.0.1"];
      },
    });
    expect(await send(merchant.named)).toMatchObject({ outcome: "received" });
    expect(requested).toEqual(["merchant.test"]);
    expect(merchant.calls[0]?.headers.host).toBe(new URL(merchant.named).host);
  });

  it("a host name is resolved and checked again at the next attempt", async () => {
    const merchant = await aMerchant({});
    const answers = [["127.0.0.1"], ["169.254.169.254"]];
    const send = senderTo(merchant.url, { resolve: async () => answers.shift() ?? [] });
    expect(await send(merchant.named)).toMatchObject({ outcome: "received" });
    expect(await send(merchant.named)).toMatchObject({ outcome: "failed", httpStatus: null });
    expect(merchant.calls).toHaveLength(1);
  });

  it("the connection does not resolve the host name again, so a second DNS answer has no effect", async () => {
    const trap = await setTrap();
    onTestFinished(() => trap.close());
    // Public by its range, but not assigned: https://www.iana.org/assignments/ipv6-unicast-address-assignments
    const answers = [["2d00::1"], ["127.0.0.1"], ["::1"]];
    const send = notificationSender({
      loopbackEndpoints: new Set(),
      resolve: async () => answers.shift() ?? [],
      limits: { connectMs: 200, totalMs: 200 },
    });
    const sendOnce = () => send({ url: `https://merchant.test:${trap.port}/`, headers, payload });
    expect((await sendOnce()).answer).toMatch(/^no connection/);
    expect(answers).toHaveLength(2);
    for (const left of [1, 0]) {
      expect((await sendOnce()).answer).toBe("not sent: the host name has an address that is not public");
      expect(answers).toHaveLength(left);
    }
    expect(await trap.caught()).toEqual({ connections: 0, bytes: 0 });
  });

  it("a host name that cannot be resolved fails the attempt", async () => {
    const resolve = () => Promise.reject(Object.assign(new Error("canary"), { code: "EAI_AGAIN" }));
    const send = senderTo("http://127.0.0.1:9", { resolve });
    expect((await send("http://merchant.test:9/")).answer).toBe("the host name has no address (EAI_AGAIN)");
  });

  it.each(["localhost", "localhost.", "merchant.localhost"])(
    "a notification to %s is not sent, because the address is not public",
    async (name) => {
      const listener = await aListener();
      const send = notificationSender({ loopbackEndpoints: new Set() });
      const outcome = await send({ url: `https://${name}:${listener.port}/`, headers, payload });
      // Some resolvers resolve only the plain name `localhost`.
      expect(outcome).toMatchObject({
        outcome: "failed",
        answer: expect.stringMatching(/not public|no address/),
      });
      expect(listener.seen).toMatchObject({ connections: 0, bytes: 0 });
    },
  );
});

describe("connections to an address that is not public", () => {
  it("a connection that leads to an address that is not public carries no byte, not even of TLS", async () => {
    const listener = await aListener();
    // A lookup that leads to another address than the checked one.
    const elsewhere: LookupFunction = (_host, options, done) =>
      options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
    const send = notificationSender({
      loopbackEndpoints: new Set(),
      request: (input) => request({ ...input, lookup: elsewhere }),
    });
    const outcome = await send({ url: `https://merchant.test:${listener.port}/`, headers, payload });
    expect(outcome.answer).toBe("not sent: the connection led to an address that is not public");
    await listener.seen.closed.promise;
    expect(listener.seen).toMatchObject({ connections: 1, bytes: 0 });
  });
});

describe("internal errors of the sender", () => {
  it.each([
    ["a header that cannot be sent", { "webhook-id": "a\r\nb" }],
    ["a header outside of Latin-1", { "webhook-id": "\u2603" }],
  ])("%s makes a failed attempt, not an exception", async (_title, wrong) => {
    const merchant = await aMerchant({});
    const send = notificationSender({ loopbackEndpoints: new Set([new URL(merchant.url).host]) });
    const outcome = await send({ url: merchant.url, headers: wrong, payload });
    expect(outcome).toEqual({ outcome: "failed", httpStatus: null, answer: "not sent: an internal error" });
    expect(merchant.calls).toHaveLength(0);
  });

  it("a notification inside a transaction is not sent", async () => {
    const merchant = await aMerchant({});
    expect(await insideTransaction(() => merchant.send())).toMatchObject({ outcome: "failed" });
    expect(merchant.calls).toHaveLength(0);
  });
});
