import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { anAlipayMerchant } from "./alipay-merchant.ts";
import { aReceiver } from "./receiver.ts";
import { aSandbox } from "./sandbox.ts";
import { aStripeMerchant } from "./stripe-merchant.ts";

async function stripeWith(faults: object) {
  const sandbox = await aSandbox();
  const receiver = await aReceiver();
  const merchant = await aStripeMerchant(sandbox, receiver.url);
  await merchant.stripe.checkout.sessions.create(merchant.input());
  const act = (name: string) => sandbox.control("stripe", name, { order_no: "ORDER1" });
  expect((await sandbox.control("stripe", "faults", faults)).status).toBe(200);
  const verified = () =>
    receiver.received.map(({ body, headers }) => {
      const signature = String(headers["stripe-signature"]);
      return Stripe.webhooks.constructEvent(body, signature, merchant.webhookSecret);
    });
  return { sandbox, receiver, merchant, act, verified };
}

describe("simulators: webhook faults", () => {
  it("the fault lose drops a webhook for good", async () => {
    const { sandbox, receiver, act } = await stripeWith({ lose: true });
    await act("pay");
    expect(await sandbox.attempts("stripe", 1)).toMatchObject([{ attempt: 0, outcome: "lost" }]);
    await sandbox.control("stripe", "faults", {});
    await act("resend");
    await sandbox.attempts("stripe", 2);
    expect(receiver.received).toHaveLength(1);
  });

  it("the fault duplicate sends the same webhook event twice", async () => {
    const { sandbox, act, verified } = await stripeWith({ duplicate: true, times: 1 });
    await act("pay");
    await sandbox.attempts("stripe", 2);
    expect(new Set(verified().map(({ id }) => id)).size).toBe(1);
  });

  it("the fault delay_ms sends a webhook once the clock has passed the delay", async () => {
    const { sandbox, receiver, act } = await stripeWith({ delay_ms: 600_000 });
    await act("pay");
    expect(receiver.received).toEqual([]);
    sandbox.clock.advance(600_000);
    await sandbox.attempts("stripe", 1);
  });

  it("the fault reorder sends the second webhook before the first", async () => {
    const { sandbox, act, verified } = await stripeWith({ reorder: true, times: 1 });
    await act("start");
    await act("pay");
    await sandbox.attempts("stripe", 2);
    expect(verified().map(({ type }) => type)).toEqual([
      "checkout.session.async_payment_succeeded",
      "checkout.session.completed",
    ]);
  });

  it("the fault reorder still sends a webhook that no other overtakes", async () => {
    const { sandbox, act } = await stripeWith({ reorder: true });
    await act("pay");
    expect(await sandbox.attempts("stripe", 1)).toMatchObject([{ outcome: "accepted" }]);
  });

  it("the fault tamper changes a webhook's amount and so breaks its signature", async () => {
    const { sandbox, receiver, act, verified } = await stripeWith({ tamper: true });
    await act("pay");
    await sandbox.attempts("stripe", 1);
    const { data } = JSON.parse(receiver.received[0]?.body ?? "");
    expect(data.object.amount_total).toBe(2234);
    expect(verified).toThrow("signature");
  });

  it("the fault wrong_amount sends a validly signed webhook with one cent more", async () => {
    const { sandbox, act, verified } = await stripeWith({ wrong_amount: true });
    await act("pay");
    await sandbox.attempts("stripe", 1);
    expect(verified()).toMatchObject([{ data: { object: { amount_total: 1235 } } }]);
  });

  it("the fault unsigned sends a webhook without the signature header", async () => {
    const { sandbox, receiver, act } = await stripeWith({ unsigned: true });
    await act("pay");
    await sandbox.attempts("stripe", 1);
    expect(receiver.received[0]?.headers).not.toHaveProperty("stripe-signature");
  });

  it("the faults tamper and wrong_amount apply to Alipay simulator notifications too", async () => {
    const sandbox = await aSandbox();
    const [merchant, receiver] = [await anAlipayMerchant(sandbox), await aReceiver()];
    await fetch(merchant.payUrl({ notifyUrl: receiver.url }));
    await sandbox.control("alipay", "faults", { tamper: true, times: 1 });
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    await sandbox.attempts("alipay", 1);
    await sandbox.control("alipay", "faults", { wrong_amount: true, times: 1 });
    await sandbox.control("alipay", "resend", { order_no: "ORDER1" });
    await sandbox.attempts("alipay", 2);
    const [tampered, dearer] = receiver.received.map(({ body }) =>
      Object.fromEntries(new URLSearchParams(body)),
    );
    expect(tampered?.total_amount).toBe("22.34");
    expect(merchant.sdk.checkNotifySignV2(tampered)).toBe(false);
    expect(dearer?.total_amount).toBe("12.35");
    expect(merchant.sdk.checkNotifySignV2(dearer)).toBe(true);
  });
});

describe("simulators: answer faults", () => {
  it("the fault timeout_after_success executes the call and resets the connection without an answer", async () => {
    const { sandbox, merchant } = await stripeWith({ timeout_after_success: true });
    const input = merchant.input({ client_reference_id: "ORDER2" });
    const options = { idempotencyKey: "key" };
    await expect(merchant.stripe.checkout.sessions.create(input, options)).rejects.toMatchObject({
      type: "StripeConnectionError",
    });
    await sandbox.control("stripe", "faults", {});
    const session = await merchant.stripe.checkout.sessions.create(input, options);
    const rows = (await sandbox.list("stripe", "payments")).filter(({ order_no }) => order_no === "ORDER2");
    expect(rows).toMatchObject([{ payment_id: session.id, created: 1 }]);
  });

  it("the faults status and html answer instead of executing, as many times as configured", async () => {
    const { sandbox, merchant } = await stripeWith({ status: 502, html: true, times: 2 });
    const input = merchant.input({ client_reference_id: "ORDER2" });
    for (const _ of [1, 2]) {
      await expect(merchant.stripe.checkout.sessions.create(input)).rejects.toMatchObject({
        type: "StripeAPIError",
      });
    }
    expect(await sandbox.list("stripe", "payments")).toHaveLength(1);
    expect((await merchant.stripe.checkout.sessions.create(input)).status).toBe("open");
  });

  it("the fault unsigned makes the Alipay simulator answer without sign", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await sandbox.control("alipay", "faults", { unsigned: true, times: 1 });
    await expect(merchant.call("alipay.trade.query", { out_trade_no: "A" })).rejects.toThrow(TypeError);
    expect(await merchant.call("alipay.trade.query", { out_trade_no: "A" })).toMatchObject({ code: "40004" });
  });

  it("answer faults do not apply to the buyer's pages", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await sandbox.control("alipay", "faults", { status: 500 });
    expect((await fetch(merchant.payUrl())).status).toBe(200);
  });
});

describe("simulators: control routes", () => {
  it("a simulator refuses unknown faults and control routes", async () => {
    const sandbox = await aSandbox();
    expect((await sandbox.control("alipay", "faults", { looze: true })).status).toBe(400);
    expect((await sandbox.control("alipay", "faults", { lose: "yes" })).status).toBe(400);
    expect((await sandbox.control("alipay", "approve", { order_no: "A" })).status).toBe(404);
    expect((await sandbox.control("alipay", "start", { order_no: "A" })).status).toBe(404);
  });

  it("a simulator lists every received call with its raw body", async () => {
    const { sandbox, merchant } = await stripeWith({});
    const calls = await sandbox.list("stripe", "calls");
    expect(calls).toMatchObject([
      {
        method: "POST",
        path: "/v1/checkout/sessions",
        headers: { authorization: `Bearer ${merchant.secretKey}` },
        body: expect.stringContaining("client_reference_id=ORDER1"),
      },
    ]);
  });

  it("a simulator records a webhook to an unreachable receiver", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await fetch(merchant.payUrl({ notifyUrl: "https://merchant.example/hook" }));
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    const lines = await sandbox.attempts("alipay", 1);
    expect(lines).toMatchObject([{ status: null, outcome: "unreachable" }]);
  });
});
