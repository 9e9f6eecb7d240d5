import { execFile } from "node:child_process";
import type { LookupFunction } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { insideTransaction } from "../../lib/invocation.ts";
import { notificationSender } from "../../lib/notify/send-notification.ts";
import { request } from "../../lib/outbound/request.ts";
import { aListener, aMerchant, headers, payload, senderTo } from "./merchant-server.ts";
import { setTrap } from "./trap.ts";

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

  it("takes no way through a proxy, whatever the environment says", async () => {
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
    // Node reads them when it starts.
    const script = path.join(import.meta.dirname, "send-and-get.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script, merchant.url], { env });
    const [plain, secure, usual] = JSON.parse(stdout);
    expect(plain).toMatchObject({ outcome: "received", answer: "direct" });
    expect(secure).toMatchObject({ outcome: "failed", answer: expect.stringMatching(/^no trusted TLS/) });
    expect(usual).toBe("proxied");
    expect(proxy.calls.map(({ path }) => path)).toEqual([`${merchant.url}/usual`]);
    expect(merchant.calls).toHaveLength(1);
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

  it("are not asked for again by the connection: a second answer leads nowhere", async () => {
    const trap = await setTrap();
    onTestFinished(() => trap.close());
    // Public by its range, but nobody's: https://www.iana.org/assignments/ipv6-unicast-address-assignments
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

  it("may not be found out", async () => {
    const resolve = () => Promise.reject(Object.assign(new Error("canary"), { code: "EAI_AGAIN" }));
    const send = senderTo("http://127.0.0.1:9", { resolve });
    expect((await send("http://merchant.test:9/")).answer).toBe("the host name has no address (EAI_AGAIN)");
  });

  it.each(["localhost", "localhost.", "merchant.localhost"])(
    "of %s are those of this machine, which is not public",
    async (name) => {
      const listener = await aListener();
      const send = notificationSender({ loopbackEndpoints: new Set() });
      const outcome = await send({ url: `https://${name}:${listener.port}/`, headers, payload });
      // Some resolvers know localhost by this one name only.
      expect(outcome).toMatchObject({
        outcome: "failed",
        answer: expect.stringMatching(/not public|no address/),
      });
      expect(listener.seen).toMatchObject({ connections: 0, bytes: 0 });
    },
  );
});

describe("an address that is not allowed", () => {
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
