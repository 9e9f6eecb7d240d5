import { describe, expect, it } from "vitest";
import { aReceiver } from "./receiver.ts";
import { aSandbox, eventually } from "./sandbox.ts";
import { aStripeMerchant } from "./stripe-merchant.ts";
import { membersOf, valuesOf } from "./stripe-types.ts";

type Shown = Record<string, unknown>;

/** The official types of the simulator's objects, by `object`. */
const interfaces: Record<string, [file: string, name: string]> = {
  account: ["Accounts.d.ts", "Account"],
  charge: ["Charges.d.ts", "Charge"],
  "checkout.session": ["Checkout/Sessions.d.ts", "Session"],
  dispute: ["Disputes.d.ts", "Dispute"],
  event: ["Events.d.ts", "EventBase"],
  payment_intent: ["PaymentIntents.d.ts", "PaymentIntent"],
  refund: ["Refunds.d.ts", "Refund"],
  webhook_endpoint: ["WebhookEndpoints.d.ts", "WebhookEndpoint"],
};

/** Every object with an entry in `interfaces`, at any depth. */
function objectsIn(value: unknown): Shown[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(objectsIn);
  const named = (value as Shown).object;
  return typeof named === "string" && Object.hasOwn(interfaces, named) ? [value as Shown, ...inside] : inside;
}

/** The mistakes in an object of `interface <name>`, including the objects directly inside it. */
function wrongIn(file: string, name: string, shown: Shown, inner = false): string[] {
  return membersOf(file, name).flatMap(({ name: member, always, type }) => {
    if (!Object.hasOwn(shown, member)) return always ? [`${member} is not sent`] : [];
    const value = shown[member];
    if (value === null) return type.split(" | ").includes("null") ? [] : [`${member} is null`];
    const plain = type.replace(" | null", "");
    if (["string", "number", "boolean"].includes(plain) && typeof value !== plain) {
      return [`${member} is a ${typeof value}`];
    }
    const [, own] = new RegExp(`^${name}\\.(\\w+)$`).exec(plain) ?? [];
    if (own === undefined || inner) return [];
    if (typeof value === "string") {
      return valuesOf(file, own).includes(value) ? [] : [`${member} is ${value}`];
    }
    return wrongIn(file, own, value as Shown, true).map((wrong) => `${member}.${wrong}`);
  });
}

// The types of stripe 23.1.0, which Stripe generates from its OpenAPI description: a member without `?` is always sent.
describe("Stripe simulator: objects", () => {
  it.each(Object.entries(interfaces))(
    "Stripe's official types give a %s more than five required members",
    (_, [file, name]) => {
      expect(membersOf(file, name).filter(({ always }) => always).length).toBeGreaterThan(5);
    },
  );

  it("Stripe simulator objects in answers and events have every required member of the official types", async () => {
    const sandbox = await aSandbox();
    const receiver = await aReceiver();
    const { stripe, input } = await aStripeMerchant(sandbox, receiver.url);
    const act = (name: string, body = {}) => sandbox.control("stripe", name, { order_no: "ORDER1", ...body });
    const expand = ["payment_intent.latest_charge"];
    const seen: unknown[] = [await stripe.accounts.retrieveCurrent(), await stripe.webhookEndpoints.list()];

    const open = await stripe.checkout.sessions.create(input({ client_reference_id: "ORDER2" }));
    seen.push(open, await stripe.checkout.sessions.expire(open.id));
    const delayed = await stripe.checkout.sessions.create(input({ client_reference_id: "ORDER3" }));
    await sandbox.control("stripe", "start", { order_no: "ORDER3" });
    seen.push(await stripe.checkout.sessions.retrieve(delayed.id, { expand }));
    await sandbox.control("stripe", "fail", { order_no: "ORDER3" });

    const { id } = await stripe.checkout.sessions.create(input());
    await act("pay");
    const paid = await stripe.checkout.sessions.retrieve(id, { expand });
    const payment_intent = (paid.payment_intent as { id: string }).id;
    const refund = await stripe.refunds.create({
      payment_intent,
      amount: 100,
      metadata: { refund_no: "R1" },
    });
    await act("refund-result", { refund_no: "R1", status: "failed" });
    await act("dispute");
    await act("dispute", { status: "won" });
    seen.push(paid, refund, await stripe.refunds.list({ payment_intent }));
    await eventually(() => expect(receiver.received.length).toBeGreaterThanOrEqual(11));
    seen.push(...receiver.received.map(({ body }) => JSON.parse(body)));

    const objects = objectsIn(seen);
    const found = objects.flatMap((shown) => {
      const [file, name] = interfaces[String(shown.object)]!;
      return wrongIn(file, name, shown).map((wrong) => `${shown.object}: ${wrong}`);
    });
    expect([...new Set(found)].toSorted()).toEqual([]);
    expect(new Set(objects.map(({ object }) => object))).toEqual(new Set(Object.keys(interfaces)));
  });
});
