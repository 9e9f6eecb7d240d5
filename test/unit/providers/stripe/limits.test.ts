import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as limits from "../../../../lib/providers/stripe/limits.ts";
import { largestAmount } from "../../../../lib/providers/stripe/limits.ts";
import { seconds } from "../../../../scripts/sandbox/stripe/events.ts";
import { aSandbox } from "../../../sandbox/sandbox.ts";
import { aStripeMerchant, priced, type StripeMerchant } from "../../../sandbox/stripe-merchant.ts";
import { newPayment, payment, refund, withRequest } from "../payments.ts";
import { openStripe } from "./account.ts";

/** One character each, of 1 to 4 bytes; the last two are two UTF-16 units. */
const characters = ["a", "é", "茶", "🍵", "𝄞"];
const lengthOf = (text: string) => [...text].length;

/** A text of about `most` characters of all widths. */
function around(most: number): fc.Arbitrary<string> {
  const length = fc.integer({ min: most - 2, max: most + 3 });
  return length.chain((count) =>
    fc
      .array(fc.constantFrom(...characters), { minLength: count, maxLength: count })
      .map((all) => all.join("")),
  );
}

async function aSeller() {
  const sandbox = await aSandbox();
  const merchant = await aStripeMerchant(sandbox);
  const now = new Date(seconds(sandbox.clock) * 1000);
  const adapter = openStripe({
    baseUrl: sandbox.simulators.stripe,
    secret_key: merchant.secretKey,
    now: sandbox.clock.now(),
  });
  const times = { createdAt: now, expiresAt: new Date(now.getTime() + 7200_000) };
  const input = { ...times, amount: { minor: 1234, currency: "USD" } };
  return { sandbox, merchant, adapter, input };
}

/** Expects Stripe to accept a text at the limit, and to refuse one that is a character longer. */
async function edges(most: number, call: (merchant: StripeMerchant, text: string) => Promise<unknown>) {
  const merchant = await aStripeMerchant(await aSandbox());
  for (const character of characters) {
    await call(merchant, character.repeat(most));
    await expect(call(merchant, character.repeat(most + 1))).rejects.toMatchObject({ statusCode: 400 });
  }
}

// The sources of the limits are in limits.ts. The simulator counts characters by itself.
describe("Stripe text limits", () => {
  it("Stripe accepts a subject of any characters around its limit, whole or truncated", async () => {
    const { adapter, input } = await aSeller();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(around(limits.productName.most), async (subject) => {
        count += 1;
        const prepared = adapter.prepare(newPayment({ ...input, subject }));
        const started = await adapter.createPayment(payment({ ...input, subject }), prepared, `key-${count}`);
        expect(started).toMatchObject({ kind: "payable" });
        const [item] = prepared.line_items as { price_data: { product_data: { name: string } } }[];
        const name = item!.price_data.product_data.name;
        if (lengthOf(subject) <= 250) expect(name).toBe(subject);
        else expect(name).toBe(`${[...subject].slice(0, 249).join("")}…`);
      }),
      { numRuns: 40 },
    );
  });

  it("Stripe accepts a refund reason of any characters around its limit, whole or truncated", async () => {
    const { sandbox, merchant, adapter, input } = await aSeller();
    const prepared = adapter.prepare(newPayment(input));
    const started = await adapter.createPayment(payment(input), prepared, "key");
    if (started.kind !== "payable") throw new Error(started.kind);
    await sandbox.control("stripe", "pay", { order_no: String(prepared.client_reference_id) });
    const { payment_intent } = await merchant.stripe.checkout.sessions.retrieve(started.payable.paymentId);
    const paid = payment({ ...input, payable: started.payable, tradeNo: String(payment_intent) });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(around(limits.metadataValue.most), async (reason) => {
        count += 1;
        const number = `R${count}`;
        const amount = { minor: 1, currency: "USD" };
        const ours = refund({ providerRefundNo: number, idempotencyKey: number, amount, reason });
        const outcome = await adapter.refund!(paid, withRequest(adapter, paid, ours));
        expect(outcome).toMatchObject({ kind: "refunded" });
        const listed = await merchant.stripe.refunds.list({ limit: 1 });
        const notified = listed.data[0]?.metadata?.reason ?? "";
        if (lengthOf(reason) <= 500) expect(notified).toBe(reason);
        else expect(notified).toBe(`${[...reason].slice(0, 499).join("")}…`);
      }),
      { numRuns: 40 },
    );
  });

  it("a text with an unpaired surrogate is sent to Stripe with a replacement character", async () => {
    const { adapter, input } = await aSeller();
    const prepared = adapter.prepare(newPayment({ ...input, subject: "Tea \ud83c" }));
    expect(JSON.stringify(prepared)).toContain("Tea \ufffd");
  });

  it("every text that is sent to Stripe without truncation is within its limit", async () => {
    const { adapter, input } = await aSeller();
    const prepared = adapter.prepare(newPayment({ ...input, outTradeNo: "x".repeat(64) }));
    const metadata = prepared.metadata as Record<string, string>;
    for (const [name, value] of Object.entries(metadata)) {
      expect(lengthOf(name)).toBeLessThanOrEqual(limits.metadataName.most);
      expect(lengthOf(value)).toBeLessThanOrEqual(limits.metadataValue.most);
    }
    expect(lengthOf(String(prepared.client_reference_id))).toBeLessThanOrEqual(limits.clientReferenceId.most);
    expect(lengthOf(String(prepared.success_url))).toBeLessThanOrEqual(limits.url.most);
    expect(lengthOf(refund().idempotencyKey)).toBeLessThanOrEqual(limits.idempotencyKey.most);
  });

  it("every Stripe limit names its source and a date", () => {
    const { productName, metadataName, metadataValue, clientReferenceId, url, idempotencyKey } = limits;
    for (const limit of [productName, metadataName, metadataValue, clientReferenceId, url, idempotencyKey]) {
      expect(limit).toMatchObject({
        unit: "characters",
        source: expect.stringMatching(/\d{4}-\d\d-\d\d/),
      });
    }
  });
});

describe("simulated Stripe text limits", () => {
  const create = ({ stripe, input }: StripeMerchant, changes: object) =>
    stripe.checkout.sessions.create(input(changes));

  it("the simulated Stripe allows 250 characters in a product's name", () =>
    edges(250, (merchant, name) => {
      const price_data = { ...priced("usd", 1234).price_data, product_data: { name } };
      return create(merchant, { line_items: [{ quantity: 1, price_data }] });
    }));
  it("the simulated Stripe allows 500 characters in a metadata value", () =>
    edges(500, (merchant, note) => create(merchant, { metadata: { note } })));
  it("the simulated Stripe allows 40 characters in a metadata name", () =>
    edges(40, (merchant, name) => create(merchant, { metadata: { [name]: "x" } })));
  it("the simulated Stripe allows 200 characters in client_reference_id", () =>
    edges(200, (merchant, reference) => create(merchant, { client_reference_id: reference })));
});

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, a public copy
describe("Stripe maximum amounts", () => {
  it.each([
    ["USD", 99_999_999],
    ["KRW", 99_999_999],
    ["BHD", 99_999_990],
    ["ISK", 99_999_900],
    ["IDR", 999_999_999_999],
    ["INR", 999_999_999],
    ["JPY", 9_999_999_999],
    ["HUF", 9_999_999_999],
    ["COP", 9_999_999_999],
    ["LBP", 999_999_999_999],
  ])("Stripe's maximum in %s is %i units", async (currency, most) => {
    const step = { BHD: 10, ISK: 100 }[currency] ?? 1;
    const largest = largestAmount(currency);
    expect(largest - (largest % step)).toBe(most);
    const { stripe, input } = await aStripeMerchant(await aSandbox());
    const create = (units: number) =>
      stripe.checkout.sessions.create(input({ line_items: [priced(currency.toLowerCase(), units)] }));
    expect((await create(most)).amount_total).toBe(most);
    await expect(create(most + step)).rejects.toMatchObject({ code: "amount_too_large" });
  });
});
