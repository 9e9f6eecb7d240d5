import { describe, expect, it } from "vitest";
import { currencies, exponentOf } from "../../../../lib/money/currencies.ts";
import { fromDecimal } from "../../../../lib/money/money.ts";
import { fromStripeAmount, toStripeAmount } from "../../../../lib/providers/stripe/amounts.ts";
import { exponentOf as simulated } from "../../../../scripts/sandbox/stripe/currencies.ts";

const amountOf = (text: string, currency: string) => toStripeAmount(fromDecimal(text, currency));
const offered = currencies.filter((currency) => !["ANG", "IQD", "LYD"].includes(currency));

// Largest amounts: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts (a public copy); digits: the same page,
// "Zero-decimal currencies", "Three-decimal currencies" and "Special cases".
describe("Stripe amounts", () => {
  it.each([
    ["12.30", "USD", 1230],
    ["12.30", "CNY", 1230],
    ["500", "JPY", 500],
    ["500", "ISK", 50_000],
    ["500", "UGX", 50_000],
    ["10.50", "HUF", 1050],
    ["10.50", "TWD", 1050],
    ["7.00", "MGA", 7],
    ["1.230", "KWD", 1230],
    ["0.01", "USD", 1],
    ["999999.99", "USD", 99_999_999],
    ["9999999999", "JPY", 9_999_999_999],
    ["99999999.99", "HUF", 9_999_999_999],
    ["99999999.99", "COP", 9_999_999_999],
    ["9999999999.99", "IDR", 999_999_999_999],
    ["9999999.99", "INR", 999_999_999],
    ["9999999999.99", "LBP", 999_999_999_999],
    ["99999999", "KRW", 99_999_999],
    ["99999.990", "BHD", 99_999_990],
    ["999999", "ISK", 99_999_900],
  ])("Stripe amounts: %s %s is %i units", (text, currency, units) => {
    expect(amountOf(text, currency)).toBe(units);
    expect(fromStripeAmount(units, currency.toLowerCase())).toEqual(fromDecimal(text, currency));
  });

  it.each([
    ["1.234", "KWD", "amount"],
    ["7.50", "MGA", "amount"],
    ["0", "USD", "amount"],
    ["1000000.00", "USD", "amount"],
    ["10000000000", "JPY", "amount"],
    ["100000000.00", "HUF", "amount"],
    ["100000000.00", "COP", "amount"],
    ["10000000000.00", "IDR", "amount"],
    ["10000000.00", "INR", "amount"],
    ["10000000000.00", "LBP", "amount"],
    ["100000000", "KRW", "amount"],
    ["1000000", "ISK", "amount"],
    ["100000.000", "BHD", "amount"],
    ["1", "IQD", "currency"],
    ["1", "LYD", "currency"],
    ["1", "ANG", "currency"],
  ])("Stripe amounts: %s %s is refused, naming the %s", (text, currency, field) => {
    expect(() => amountOf(text, currency)).toThrow(
      expect.objectContaining({
        failure: "amount_not_allowed",
        details: { fields: [{ field, message: expect.any(String) }] },
      }),
    );
  });

  it.each(offered)(
    "Stripe amounts in %s are read back unchanged, and refused outside the limits",
    (currency) => {
      const whole = 10 ** exponentOf(currency);
      for (const minor of [whole, 10 * whole, 99 * whole, 12_345 * whole]) {
        const money = { minor, currency };
        expect(fromStripeAmount(toStripeAmount(money), currency.toLowerCase())).toEqual(money);
      }
      expect(() => toStripeAmount({ minor: 0, currency })).toThrow("Stripe takes");
      expect(() => toStripeAmount({ minor: 1_000_000_000_000 * whole, currency })).toThrow("Stripe takes");
    },
  );

  it("Stripe amounts are accepted in exactly the currencies in which the simulator charges", () => {
    const charged = currencies.filter((currency) => simulated(currency.toLowerCase()) !== undefined);
    expect(offered).toEqual(charged);
  });

  it("Stripe amounts from 0.01 to 100.00 USD are read back unchanged", () => {
    for (let minor = 1; minor <= 10_000; minor += 1) {
      expect(fromStripeAmount(toStripeAmount({ minor, currency: "USD" }), "usd")).toEqual({
        minor,
        currency: "USD",
      });
    }
  });

  it.each([
    [150, "isk"],
    [1, "ugx"],
    [1, "xxx"],
    [1, ""],
    [1.5, "usd"],
    [-1, "usd"],
    [Number.MAX_SAFE_INTEGER + 1, "usd"],
  ])("Stripe amounts cannot be read from %d %s", (units, currency) => {
    expect(fromStripeAmount(units, currency)).toBeUndefined();
  });
});
