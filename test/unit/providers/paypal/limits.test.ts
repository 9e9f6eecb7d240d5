import { describe, expect, it } from "vitest";
import { currencies, texts } from "../../../../lib/providers/paypal/limits.ts";
import { paypal } from "../../../../lib/providers/paypal/paypal.ts";
import { sizeOf, type TextLimit } from "../../../../lib/providers/text-limit.ts";
import { aPaypalMerchant, type PaypalMerchant } from "../../../sandbox/paypal-merchant.ts";
import { aSandbox, type TestSandbox } from "../../../sandbox/sandbox.ts";
import { newPayment, payment, refund, withRequest } from "../payments.ts";

// Lengths: `maxLength` in paypal/paypal-rest-api-specifications@ec4d8f3, openapi/checkout_orders_v2.json and
// payments_payment_v2.json. JSON Schema counts characters (RFC 8259), so the simulator counts code points.

/** Of one, two, three and four bytes in UTF-8; the last is two UTF-16 units. */
const characters = ["a", "é", "茶", "🍵"];
const usd = (minor: number) => ({ minor, currency: "USD" });

async function aShop() {
  const sandbox = await aSandbox();
  const merchant = await aPaypalMerchant(sandbox);
  const { clientId: client_id, secret, account } = merchant;
  const credentials = paypal.credentials.parse({ client_id, secret, mode: "sandbox" });
  const adapter = paypal.open(credentials, { clock: sandbox.clock, baseUrl: sandbox.simulators.paypal });
  return { sandbox, merchant, adapter, account };
}

type Shop = Awaited<ReturnType<typeof aShop>>;
let count = 0;
const freshNo = () => `UNI${String(++count).padStart(29, "0")}`;

/** Creates an order through the adapter and returns what PayPal then holds. */
async function made({ adapter, merchant }: Shop, changes: object) {
  const orderNo = freshNo();
  const input = newPayment({ amount: usd(1230), ...changes, orderNo });
  const answer = await adapter.createPayment(payment({ orderNo }), adapter.prepare(input), orderNo);
  if (answer.kind !== "payable") throw new Error(JSON.stringify(answer));
  const { result } = await merchant.orders.getOrder({ id: answer.payable.paymentId });
  return result.purchaseUnits?.[0];
}

async function aPaidPayment({ sandbox, merchant, account }: Shop) {
  const orderNo = freshNo();
  const { result } = await merchant.orders.createOrder(merchant.input({ invoiceId: orderNo }));
  await sandbox.control("paypal", "approve", { order_no: orderNo, account });
  const captured = await merchant.orders.captureOrder({
    id: result.id ?? "",
    prefer: "return=representation",
  });
  const tradeNo = captured.result.purchaseUnits?.[0]?.payments?.captures?.[0]?.id ?? "";
  const payable = { paymentId: result.id ?? "", paymentUrl: "", qrCode: "", extraData: {} };
  return payment({ orderNo, amount: usd(1234), tradeNo, payable });
}

const edges = ({ most }: TextLimit) =>
  characters.flatMap((character) => [most - 1, most, most + 1].map((size) => [character, size] as const));

describe("PayPal text limits", () => {
  it.each(edges(texts.description))("PayPal accepts a subject of %s, %i times", async (character, size) => {
    const shop = await aShop();
    const unit = await made(shop, { subject: character.repeat(size) });
    const { most } = texts.description;
    const expected = size <= most ? character.repeat(size) : `${character.repeat(most - 1)}…`;
    expect(unit?.description).toBe(expected);
    expect(sizeOf(expected, "characters")).toBeLessThanOrEqual(most);
  });

  it.each(edges(texts.noteToPayer))(
    "PayPal accepts a refund reason of %s, %i times",
    async (character, size) => {
      const shop = await aShop();
      const paid = await aPaidPayment(shop);
      const reason = character.repeat(size);
      const input = withRequest(shop.adapter, paid, refund({ amount: usd(100), reason }));
      expect(await shop.adapter.refund!(paid, input)).toMatchObject({ kind: "refunded" });
    },
  );

  it("a refund reason of several lines becomes one line, because PayPal's pattern allows no line ends", async () => {
    const shop = await aShop();
    const paid = await aPaidPayment(shop);
    const reason = " cold\r\ntea\u2028and\n\ncake ";
    const input = withRequest(shop.adapter, paid, refund({ amount: usd(100), reason }));
    expect(input.prepared).toMatchObject({ note_to_payer: "cold tea and cake" });
    expect(await shop.adapter.refund!(paid, input)).toMatchObject({ kind: "refunded" });
  });

  it("a refund reason of whitespace only is not sent to PayPal", () => {
    const adapter = paypal.open(
      paypal.credentials.parse({ client_id: "AclientId", secret: "Esecret12", mode: "sandbox" }),
      { clock: { now: () => new Date() } },
    );
    const input = withRequest(adapter, payment(), refund({ amount: usd(100), reason: " \n" }));
    expect(input.prepared).not.toHaveProperty("note_to_payer");
  });

  // The simulator refuses a text that is one too long, in any field; so does PayPal with INVALID_STRING_LENGTH.
  const fields: [string, TextLimit, (text: string) => object][] = [
    ["description", texts.description, (text) => ({ description: text })],
    ["custom_id", texts.customId, (text) => ({ customId: text })],
    ["invoice_id", texts.invoiceId, (text) => ({ invoiceId: text })],
    ["reference_id", texts.referenceId, (text) => ({ referenceId: text })],
  ];
  it.each(fields.flatMap((field) => characters.map((character) => [...field, character] as const)))(
    "PayPal's simulator counts %s in characters (%#)",
    async (_name, { most }, unitOf, character) => {
      const { merchant }: { sandbox: TestSandbox; merchant: PaypalMerchant } = await aShop();
      const create = (size: number) =>
        merchant.orders.createOrder(merchant.input(unitOf(character.repeat(size))));
      await expect(create(most)).resolves.toMatchObject({ statusCode: 201 });
      await expect(create(most + 1)).rejects.toMatchObject({
        statusCode: 400,
        result: { details: [{ issue: "INVALID_STRING_LENGTH" }] },
      });
    },
  );
});

// https://developer.paypal.com/api/rest/reference/currency-codes/; MAX_VALUE_EXCEEDED: 999999999999999.99 (OpenAPI above).
describe("PayPal amount limits", () => {
  it("the table has the 24 currencies of PayPal's page, of which three allow no decimals", () => {
    expect(Object.keys(currencies)).toHaveLength(24);
    const whole = Object.keys(currencies).filter((code) => currencies[code]?.decimals === 0);
    expect(whole).toEqual(["HUF", "JPY", "TWD"]);
  });

  it.each(Object.keys(currencies).filter((code) => !currencies[code]?.onlyWithin))(
    "PayPal accepts the smallest and a large amount of %s",
    async (currency) => {
      const shop = await aShop();
      // HUF and TWD have two decimals here and none at PayPal.
      const least = currency === "HUF" || currency === "TWD" ? 100 : 1;
      for (const minor of [least, 999_999_900]) {
        const unit = await made(shop, { amount: { minor, currency } });
        expect(unit?.amount?.currencyCode).toBe(currency);
      }
    },
  );

  it.each([
    [{ minor: 0, currency: "USD" }, "amounts above zero"],
    [
      { minor: 1_000_000_000_000_000, currency: "JPY" },
      "at most 999999999999999 of the smallest unit of JPY",
    ],
    [{ minor: 150, currency: "HUF" }, "at most 0 decimal places"],
    [{ minor: 1, currency: "KRW" }, "does not take KRW"],
  ])("%o is refused before PayPal is called", async (amount, words) => {
    const { adapter } = await aShop();
    expect(() => adapter.prepare(newPayment({ amount }))).toThrow(words);
  });

  it("PayPal's simulator refuses an amount above the maximum", async () => {
    const { merchant } = await aShop();
    const create = (value: string) =>
      merchant.orders.createOrder(merchant.input({ amount: { currencyCode: "JPY", value } }));
    await expect(create("999999999999999")).resolves.toMatchObject({ statusCode: 201 });
    await expect(create("1000000000000000")).rejects.toMatchObject({
      result: { details: [{ issue: "MAX_VALUE_EXCEEDED" }] },
    });
  });
});
