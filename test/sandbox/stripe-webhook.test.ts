import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { aReceiver, type Receiver } from "./receiver.ts";
import { aSandbox, eventually, post } from "./sandbox.ts";
import { aStripeMerchant } from "./stripe-merchant.ts";

async function anOpenSession() {
  const sandbox = await aSandbox();
  const receiver = await aReceiver();
  const merchant = await aStripeMerchant(sandbox, receiver.url);
  const session = await merchant.stripe.checkout.sessions.create(merchant.input());
  const act = (name: string) => sandbox.control("stripe", name, { order_no: "ORDER1" });
  return { sandbox, receiver, merchant, session, act };
}

/** The events in order, each verified by Stripe's SDK. */
async function events(receiver: Receiver, secret: string, count: number): Promise<Stripe.Event[]> {
  await eventually(() => expect(receiver.received).toHaveLength(count));
  return receiver.received.map(({ body, headers }) =>
    Stripe.webhooks.constructEvent(body, String(headers["stripe-signature"]), secret),
  );
}

// Signatures are checked by stripe 23.1.0 (docs.stripe.com/webhooks#verify-manually).
describe("Stripe simulator: events", () => {
  it("a Stripe simulator event reports a paid session and is signed over the raw body", async () => {
    const { receiver, merchant, session, act } = await anOpenSession();
    await act("pay");
    const [event] = await events(receiver, merchant.webhookSecret, 1);
    expect(event).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      type: "checkout.session.completed",
      livemode: false,
      api_version: "2026-10-28.endive",
      data: {
        object: {
          id: session.id,
          payment_status: "paid",
          amount_total: 1234,
          payment_intent: expect.stringMatching(/^pi_/),
        },
      },
    });
    const [raw] = receiver.received;
    const forged = raw?.body.replace("1234", "1235") ?? "";
    const signature = String(raw?.headers["stripe-signature"]);
    expect(() => Stripe.webhooks.constructEvent(forged, signature, merchant.webhookSecret)).toThrow();
  });

  // docs.stripe.com/payments/checkout/fulfill-orders: delayed methods complete unpaid first.
  it.each([
    ["pay", "checkout.session.async_payment_succeeded", "paid"],
    ["fail", "checkout.session.async_payment_failed", "failed"],
  ])(
    "Stripe simulator events of a delayed method: completed unpaid, then (%s) %s",
    async (command, type, status) => {
      const { sandbox, receiver, merchant, act } = await anOpenSession();
      await act("start");
      const [completed] = await events(receiver, merchant.webhookSecret, 1);
      expect(completed).toMatchObject({
        type: "checkout.session.completed",
        data: { object: { payment_status: "unpaid" } },
      });
      await act(command);
      const all = await events(receiver, merchant.webhookSecret, command === "pay" ? 2 : 3);
      expect(all.map((event) => event.type)).toContain(type);
      expect(await sandbox.list("stripe", "payments")).toMatchObject([{ status }]);
    },
  );

  it("a Stripe simulator session stays open and payable after a declined card", async () => {
    const { sandbox, receiver, merchant, act } = await anOpenSession();
    await act("fail");
    const [failed] = await events(receiver, merchant.webhookSecret, 1);
    expect(failed).toMatchObject({
      type: "payment_intent.payment_failed",
      data: { object: { object: "payment_intent", metadata: { order_no: "ORDER1" } } },
    });
    expect(await sandbox.list("stripe", "payments")).toMatchObject([{ status: "open" }]);
    expect((await act("pay")).status).toBe(200);
  });

  it("the Stripe simulator sends an event when a session expires by itself", async () => {
    const { sandbox, receiver, merchant } = await anOpenSession();
    sandbox.clock.advance(3600 * 1000);
    await eventually(() => expect(receiver.received).toHaveLength(1));
    const [{ body = "{}" } = {}] = receiver.received;
    expect(JSON.parse(body)).toMatchObject({
      type: "checkout.session.expired",
      data: { object: { url: null } },
    });
    const secret = merchant.webhookSecret;
    const signature = String(receiver.received[0]?.headers["stripe-signature"]);
    // The signature's timestamp is that of the moved clock, an hour in the future: the SDK accepts that.
    expect(() => Stripe.webhooks.constructEvent(body, signature, secret)).not.toThrow();
  });

  it("Stripe simulator events go only to subscribed endpoints, each signed with its own secret", async () => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    const [paid, expired] = [await aReceiver(), await aReceiver()];
    const endpoint = await stripe.webhookEndpoints.create({
      url: paid.url,
      enabled_events: ["checkout.session.completed"],
    });
    await stripe.webhookEndpoints.create({ url: expired.url, enabled_events: ["checkout.session.expired"] });
    await stripe.checkout.sessions.create(input());
    await sandbox.control("stripe", "pay", { order_no: "ORDER1" });
    const [event] = await events(paid, endpoint.secret ?? "", 1);
    expect(event?.type).toBe("checkout.session.completed");
    await sandbox.attempts("stripe", 1);
    expect(expired.received).toEqual([]);
  });

  it("a Stripe simulator event is retried with a new signature until a 2xx, at most three times", async () => {
    const { sandbox, receiver, act } = await anOpenSession();
    receiver.answer = { status: 503, body: "" };
    await act("pay");
    for (const [index, wait] of [300, 3600, 3 * 3600].entries()) {
      await sandbox.attempts("stripe", index + 1);
      sandbox.clock.advance(wait * 1000);
    }
    await sandbox.attempts("stripe", 4);
    const bodies = receiver.received.map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers["stripe-signature"])).size).toBe(4);
  });

  it("a resent Stripe simulator event has the same id", async () => {
    const { sandbox, receiver, merchant, act } = await anOpenSession();
    expect((await act("resend")).status).toBe(409);
    await act("pay");
    await sandbox.attempts("stripe", 1);
    expect((await act("resend")).status).toBe(200);
    const [first, again] = await events(receiver, merchant.webhookSecret, 2);
    expect(again?.id).toBe(first?.id);
  });
});

describe("Stripe simulator: pay page", () => {
  it("the Stripe simulator's page pays and redirects the buyer to success_url with the session's id", async () => {
    const { session, sandbox } = await anOpenSession();
    const answer = await post(`${session.url}/pay`, "");
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(`http://127.0.0.1:1/back?session=${session.id}`);
    expect(await sandbox.list("stripe", "payments")).toMatchObject([{ status: "paid" }]);
    expect((await fetch(session.url ?? "")).status).toBe(410);
  });

  it("the Stripe simulator's page declines the card and redirects the buyer to cancel_url", async () => {
    const { session, sandbox } = await anOpenSession();
    const answer = await post(`${session.url}/decline`, "");
    expect(answer.headers.get("location")).toBe("http://127.0.0.1:1/cancelled");
    expect(await sandbox.list("stripe", "payments")).toMatchObject([{ status: "open" }]);
  });
});
