import { describe, expect, it } from "vitest";
import { notificationSender } from "../../../lib/deliveries/send-notification.ts";
import { signedHeaders } from "../../../lib/deliveries/signature.ts";
import { newApiKey } from "../../../lib/merchants/api-key.ts";
import { type OutboundRequest, request } from "../../../lib/outbound/request.ts";
import { aListener, aMerchant, payload, senderTo } from "./merchant-server.ts";

describe("time limits of a delivery", () => {
  const limits = { connectMs: 100, totalMs: 150 };

  it("a merchant's server has 3 s for the connection, 10 s in all and 64 KiB for its response", async () => {
    const input: OutboundRequest[] = [];
    const recording: typeof request = (requested) => {
      input.push(requested);
      return request(requested);
    };
    const merchant = await aMerchant({});
    const send = senderTo(merchant.url, { request: recording });
    await send();
    expect(input).toMatchObject([{ connectTimeoutMs: 3_000, deadlineMs: 10_000, maxBodyBytes: 65_536 }]);
  });

  it("a delivery is given up when the TLS handshake never completes", async () => {
    const listener = await aListener();
    const send = senderTo(`http://127.0.0.1:${listener.port}`, { limits });
    const { answer } = await send(`https://127.0.0.1:${listener.port}/`);
    expect(answer).toBe("no connection within 0.1 s");
    await listener.seen.closed.promise;
  });

  it("a delivery is given up when the host name never resolves", async () => {
    const send = senderTo("http://127.0.0.1:9", { limits, resolve: () => new Promise(() => {}) });
    expect((await send("http://merchant.test:9/")).answer).toBe("no connection within 0.1 s");
  });
});

it("a delivery to a server that does not listen fails", async () => {
  const merchant = await aMerchant({});
  await new Promise((resolve) => merchant.server.close(resolve));
  expect((await merchant.send()).answer).toBe("no connection (ECONNREFUSED)");
});

describe("the stored response", () => {
  it("the first 4 KiB of a response are stored, in whole characters", async () => {
    const merchant = await aMerchant({ body: `a${"茶".repeat(10_000)}` });
    const { outcome, answer } = await merchant.send();
    expect(outcome).toBe("received");
    expect(answer).toBe(`a${"茶".repeat(1365)}`);
  });

  it("a stored response is printable text on one line", async () => {
    const body = Buffer.from([...Buffer.from("a\u0000\u001b[31m\r\nb\u202ec\u2028d"), 0xff, 0x65]);
    expect((await (await aMerchant({ body })).send()).answer).toBe("a [31m b c d\ufffde");
  });

  const escapedForHtml = (text: string) => text.replaceAll(/[&<>"'/+=]/g, (c) => `&#${c.charCodeAt(0)};`);
  const escapedForAscii = (text: string) =>
    JSON.stringify(text).replaceAll(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

  it.each<[string, (text: string) => string]>([
    ["as it is", (text) => text],
    ["as JSON", (text) => JSON.stringify(text)],
    ["as JSON within JSON", (text) => JSON.stringify(JSON.stringify(text))],
    ["as JSON in ASCII", escapedForAscii],
    ["as JSON with escaped slashes", (text) => JSON.stringify(text).replaceAll("/", "\\/")],
    ["in HTML", escapedForHtml],
    ["in a URL", encodeURIComponent],
    ["in a form", (text) => new URLSearchParams({ secret: text }).toString()],
    ["with another layout", (text) => text.replaceAll(/([{},:])/g, "$1\n    ")],
  ])(
    "a stored response reveals nothing of the request that the server echoes %s",
    async (_title, written) => {
      const secret = `whsec_${Buffer.from("canary-key").toString("base64")}`;
      const apiKey = newApiKey("7").text;
      const live = signedHeaders("evt-1", payload, [secret, `${secret}Ag==`], new Date(0));
      const signature = live["webhook-signature"] ?? "";
      const bare = signature.split(" ").map((each) => each.slice("v1,".length));
      const token = "canary-token/in+query";
      const sent = [
        signature,
        ...bare,
        payload,
        `?token=${token}`,
        token,
        `key=${secret}`,
        `key=${apiKey}`,
        `\n${apiKey}`,
      ];
      const merchant = await aMerchant({
        status: 500,
        body: `before ${sent.map(written).join(" | ")} after`,
      });
      const send = notificationSender({ loopbackEndpoints: new Set([new URL(merchant.url).host]) });
      const url = `${merchant.url}/hook?${new URLSearchParams({ token })}`;
      const { answer } = await send({ url, headers: live, payload });
      expect(answer).toMatch(/^before .* after$/);
      const lettersOf = (text: string) => text.replaceAll(/[^0-9A-Za-z]/g, "");
      for (const notified of [...bare, "payment.success", "canary", secret.slice(6), apiKey.slice(-20)])
        expect(lettersOf(answer)).not.toContain(lettersOf(notified));
    },
  );

  it("a stored response does not reveal the notification in base64 either", async () => {
    const merchant = await aMerchant({ body: `"${Buffer.from(payload).toString("base64")}"` });
    expect((await merchant.send()).answer).toMatch(/^"\[redacted\]=*"$/);
  });

  it("a stored response still tells what went wrong", async () => {
    const body = "order ORD7 not found at https://merchant.example/hook?id=7&v=2, leak_detected, v1 is old";
    const merchant = await aMerchant({ status: 404, body });
    expect((await merchant.send(`${merchant.url}/hook?id=7&word=order`)).answer).toBe(body);
  });
});
