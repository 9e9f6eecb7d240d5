import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currencies, exponentOf } from "../../../../lib/money/currencies.ts";
import { fromDecimal } from "../../../../lib/money/money.ts";
import { fromPayPalAmount, toPayPalValue } from "../../../../lib/providers/paypal/amounts.ts";

const offered =
  "AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP SGD SEK CHF THB USD".split(
    " ",
  );
const read = (value: string, currency_code: string) => fromPayPalAmount({ value, currency_code });

describe("PayPal amounts", () => {
  it.each([
    ["12.3", "USD", "12.30"],
    ["0.01", "EUR", "0.01"],
    ["500", "JPY", "500"],
    ["500.00", "HUF", "500"],
    ["500", "TWD", "500"],
    ["90071992547409.91", "GBP", "90071992547409.91"],
  ])("PayPal amounts: %s %s is written as %s, and read back", (text, currency, value) => {
    expect(toPayPalValue(fromDecimal(text, currency))).toBe(value);
    expect(read(value, currency)).toEqual(fromDecimal(text, currency));
  });

  it.each([
    ["10.50", "HUF", "amount"],
    ["0.01", "TWD", "amount"],
    ["0", "USD", "amount"],
    ["1", "KRW", "currency"],
    ["1", "RUB", "currency"],
  ])("PayPal amounts: %s %s is refused, naming the %s", (text, currency, field) => {
    expect(() => toPayPalValue(fromDecimal(text, currency))).toThrow(
      expect.objectContaining({
        failure: "amount_not_allowed",
        details: { fields: [{ field, message: expect.any(String) }] },
      }),
    );
  });

  it("PayPal amounts are accepted in the listed currencies only", () => {
    const taken = currencies.filter((currency) => {
      try {
        return toPayPalValue({ minor: 10 ** exponentOf(currency), currency }) !== "";
      } catch {
        return false;
      }
    });
    expect(taken.sort()).toEqual(offered.sort());
  });

  it("PayPal amounts are read back unchanged, and have a decimal point only where PayPal allows one", () => {
    const amounts = fc.tuple(fc.integer({ min: 1, max: 10 ** 12 }), fc.constantFrom(...offered));
    fc.assert(
      fc.property(amounts, ([units, currency]) => {
        const whole = /HUF|TWD/.test(currency) ? 100 : 1;
        const money = { minor: units * whole, currency };
        const value = toPayPalValue(money);
        expect(read(value, currency)).toEqual(money);
        expect(value.includes(".")).toBe(!/HUF|JPY|TWD/.test(currency));
      }),
    );
  });

  it("PayPal amounts are read with superfluous zeros", () => {
    expect(read("100.00", "JPY")).toEqual({ minor: 100, currency: "JPY" });
    expect(read("100.00", "HUF")).toEqual({ minor: 10_000, currency: "HUF" });
  });

  it.each([
    ["1e3", "USD"],
    ["-1.00", "USD"],
    ["1.005", "USD"],
    ["1.50", "JPY"],
    ["", "USD"],
    ["1.", "USD"],
    ["1,00", "USD"],
    ["1.00", "usd"],
    ["1.00", "XXX"],
    ["99999999999999999999", "USD"],
  ])("PayPal amounts cannot be read from %s %s", (value, currency) => {
    expect(read(value, currency)).toBeUndefined();
  });
});
