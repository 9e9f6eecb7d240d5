import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, onTestFinished } from "vitest";
import { aSandbox, inboxDeliveries, post } from "./sandbox.ts";

describe("merchant inbox", () => {
  it("a merchant inbox lists raw notifications, oldest first, so that signatures can be verified later", async () => {
    const sandbox = await aSandbox();
    const inbox = sandbox.inboxUrl("shop-1");
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const body = '{ "event" : "payment.success" }';
    const signature = new Webhook(secret).sign("evt_1", new Date(), body);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = { "Webhook-Id": "evt_1", "Webhook-Timestamp": timestamp, "Webhook-Signature": signature };
    expect((await post(inbox, body, headers)).status).toBe(200);
    await post(inbox, "second");
    await post(sandbox.inboxUrl("shop-2"), "another merchant's");
    const deliveries = await inboxDeliveries(inbox);
    expect(deliveries.map((delivery) => delivery.body)).toEqual([body, "second"]);
    const [{ at = "", headers: stored = {} } = {}] = deliveries;
    expect(new Date(at).getTime()).not.toBeNaN();
    expect(new Webhook(secret).verify(body, stored)).toEqual({ event: "payment.success" });
  });

  it("a merchant inbox answers as configured, as many times as configured, and still records", async () => {
    const sandbox = await aSandbox();
    const inbox = sandbox.inboxUrl("shop-1");
    await post(`${inbox}/behave`, JSON.stringify({ status: 503, times: 2 }));
    const statuses = [await post(inbox, "1"), await post(inbox, "2"), await post(inbox, "3")].map(
      (a) => a.status,
    );
    expect(statuses).toEqual([503, 503, 200]);
    await post(`${inbox}/behave`, JSON.stringify({ redirect_to: "http://127.0.0.1:1/" }));
    const redirected = await post(inbox, "4");
    expect([redirected.status, redirected.headers.get("location")]).toEqual([302, "http://127.0.0.1:1/"]);
    expect(await inboxDeliveries(inbox)).toHaveLength(4);
    expect((await post(`${inbox}/behave`, '{"stauts":500}')).status).toBe(400);
    await post(`${inbox}/behave`, "{}");
    expect((await post(inbox, "5")).status).toBe(200);
  });

  it("a merchant inbox answers after the configured delay", async () => {
    const sandbox = await aSandbox();
    const inbox = sandbox.inboxUrl("shop-1");
    await post(`${inbox}/behave`, JSON.stringify({ delay_ms: 60_000 }));
    const hasty = fetch(inbox, { method: "POST", body: "1", signal: AbortSignal.timeout(200) });
    await expect(hasty).rejects.toThrow("timeout");
  });
});

describe("demo shop", () => {
  it("the demo shop creates a payment, redirects the buyer, and shows the gateway's status", async () => {
    const sandbox = await aSandbox();
    expect((await fetch(sandbox.shopUrl)).status).toBe(503);
    const gateway = await aGateway();
    sandbox.setShop({ gatewayUrl: gateway.url, apiKey: "ak_test" });
    expect(await (await fetch(sandbox.shopUrl)).text()).toContain("Buy for 12.34");

    const bought = await post(`${sandbox.shopUrl}/buy`, "provider=stripe");
    expect(bought.status).toBe(303);
    expect(bought.headers.get("location")).toBe("http://127.0.0.1:1/pay");
    const [create] = gateway.received;
    expect(create?.key).toBe("ak_test");
    expect(create?.body).toMatchObject({ provider: "stripe", amount: "12.34", currency: "CNY" });

    const order = await fetch(create?.body.return_url ?? "");
    expect(await order.text()).toMatch(/&lt;i&gt;tea[\s\S]*<strong id="status">pending/);
    const status = await fetch(`${create?.body.return_url}/status`);
    expect(await status.json()).toEqual({ status: "pending" });
  });
});

/** A fake gateway with the routes that the shop calls. */
async function aGateway() {
  const received: { key: unknown; body: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    if (body !== "") received.push({ key: request.headers["x-api-key"], body: JSON.parse(body) });
    const payment = {
      payment_url: "http://127.0.0.1:1/pay",
      status: "pending",
      subject: "<i>tea",
      amount: 12.34,
    };
    response.end(JSON.stringify({ code: 0, message: "success", data: payment }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
