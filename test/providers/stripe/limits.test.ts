import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as limits from "../../../lib/providers/stripe/limits.ts";
import { largestAmount } from "../../../lib/providers/stripe/limits.ts";
import { seconds } from "../../../scripts/sandbox/stripe/events.ts";
import { aSandbox } from "../../sandbox/sandbox.ts";
import { aStripeMerchant, priced, type StripeMerchant } from "../../sandbox/stripe-merchant.ts";
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
  const wanted = { ...times, amount: { minor: 1234, currency: "USD" } };
  return { sandbox, merchant, adapter, wanted };
}

/** What each of our calls is refused with by Stripe's SDK, one character over the limit and at it. */
async function edges(most: number, call: (merchant: StripeMerchant, text: string) => Promise<unknown>) {
  const merchant = await aStripeMerchant(await aSandbox());
  for (const character of characters) {
    await call(merchant, character.repeat(most));
    await expect(call(merchant, character.repeat(most + 1))).rejects.toMatchObject({ statusCode: 400 });
  }
}

// Sources of the limits stand in limits.ts. The simulator counts characters by itself.
describe("texts that go to Stripe", () => {
  it("a subject of any characters around Stripe's limit is taken, whole or cut", async () => {
    const { adapter, wanted } = await aSeller();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(around(limits.productName.most), async (subject) => {
        count += 1;
        const prepared = adapter.prepare(newPayment({ ...wanted, subject }));
        const started = await adapter.start(payment({ ...wanted, subject }), prepared, `key-${count}`);
        expect(started).toMatchObject({ kind: "payable" });
        const [item] = prepared.line_items as { price_data: { product_data: { name: string } } }[];
        const name = item!.price_data.product_data.name;
        if (lengthOf(subject) <= 250) expect(name).toBe(subject);
        else expect(name).toBe(`${[...subject].slice(0, 249).join("")}…`);
      }),
      { numRuns: 40 },
    );
  });

  it("a reason of any characters around Stripe's limit is taken, whole or cut", async () => {
    const { sandbox, merchant, adapter, wanted } = await aSeller();
    const prepared = adapter.prepare(newPayment(wanted));
    const started = await adapter.start(payment(wanted), prepared, "key");
    if (started.kind !== "payable") throw new Error(started.kind);
    await sandbox.control("stripe", "pay", { order_no: String(prepared.client_reference_id) });
    const { payment_intent } = await merchant.stripe.checkout.sessions.retrieve(started.payable.paymentId);
    const paid = payment({ ...wanted, payable: started.payable, tradeNo: String(payment_intent) });
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
        const told = listed.data[0]?.metadata?.reason ?? "";
        if (lengthOf(reason) <= 500) expect(told).toBe(reason);
        else expect(told).toBe(`${[...reason].slice(0, 499).join("")}…`);
      }),
      { numRuns: 40 },
    );
  });

  it("a text with broken surrogates is sent in one piece", async () => {
    const { adapter, wanted } = await aSeller();
    const prepared = adapter.prepare(newPayment({ ...wanted, subject: "Tea \ud83c" }));
    expect(JSON.stringify(prepared)).toContain("Tea \ufffd");
  });

  it("every text that is sent uncut is far below its limit", async () => {
    const { adapter, wanted } = await aSeller();
    const prepared = adapter.prepare(newPayment({ ...wanted, outTradeNo: "x".repeat(64) }));
    const metadata = prepared.metadata as Record<string, string>;
    for (const [name, value] of Object.entries(metadata)) {
      expect(lengthOf(name)).toBeLessThanOrEqual(limits.metadataName.most);
      expect(lengthOf(value)).toBeLessThanOrEqual(limits.metadataValue.most);
    }
    expect(lengthOf(String(prepared.client_reference_id))).toBeLessThanOrEqual(limits.clientReferenceId.most);
    expect(lengthOf(String(prepared.success_url))).toBeLessThanOrEqual(limits.url.most);
    expect(lengthOf(refund().idempotencyKey)).toBeLessThanOrEqual(limits.idempotencyKey.most);
  });

  it("every limit names its source and a date", () => {
    const { productName, metadataName, metadataValue, clientReferenceId, url, idempotencyKey } = limits;
    for (const limit of [productName, metadataName, metadataValue, clientReferenceId, url, idempotencyKey]) {
      expect(limit).toMatchObject({
        unit: "characters",
        source: expect.stringMatching(/\d{4}-\d\d-\d\d/),
      });
    }
  });
});

describe("the simulated Stripe counts characters", () => {
  const create = ({ stripe, wanted }: StripeMerchant, changes: object) =>
    stripe.checkout.sessions.create(wanted(changes));

  it("of a product's name: 250", () =>
    edges(250, (merchant, name) => {
      const price_data = { ...priced("usd", 1234).price_data, product_data: { name } };
      return create(merchant, { line_items: [{ quantity: 1, price_data }] });
    }));
  it("of a metadata value: 500", () =>
    edges(500, (merchant, note) => create(merchant, { metadata: { note } })));
  it("of a metadata name: 40", () =>
    edges(40, (merchant, name) => create(merchant, { metadata: { [name]: "x" } })));
  it("of client_reference_id: 200", () =>
    edges(200, (merchant, reference) => create(merchant, { client_reference_id: reference })));
});

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, a public copy
describe("the largest amounts at Stripe", () => {
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
  ])("%s: %i is taken, and more is refused", async (currency, most) => {
    const step = { BHD: 10, ISK: 100 }[currency] ?? 1;
    const largest = largestAmount(currency);
    expect(largest - (largest % step)).toBe(most);
    const { stripe, wanted } = await aStripeMerchant(await aSandbox());
    const create = (units: number) =>
      stripe.checkout.sessions.create(wanted({ line_items: [priced(currency.toLowerCase(), units)] }));
    expect((await create(most)).amount_total).toBe(most);
    await expect(create(most + step)).rejects.toMatchObject({ code: "amount_too_large" });
  });
});
