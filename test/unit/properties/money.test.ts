import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currencies, exponentOf } from "../../../lib/money/currencies.ts";
import {
  fromDecimal,
  fromInteger,
  type Money,
  NotExact,
  toDecimal,
  toInteger,
  toJsonNumber,
} from "../../../lib/money/money.ts";

const currency = fc.constantFrom(...currencies);
const minor = fc.maxSafeNat();
const money: fc.Arbitrary<Money> = fc.record({ minor, currency });
/** Up to 15 significant digits, the maximum in a request. */
const jsonMoney: fc.Arbitrary<Money> = fc.record({ minor: fc.nat({ max: 999_999_999_999_999 }), currency });

describe("money", () => {
  it.each(currencies)("an amount in %s is unchanged after conversion to a decimal and back", (code) => {
    fc.assert(
      fc.property(minor, (units) => {
        const amount = { minor: units, currency: code };
        const text = toDecimal(amount);
        expect(text).toMatch(
          exponentOf(code) === 0 ? /^\d+$/ : new RegExp(`^\\d+\\.\\d{${exponentOf(code)}}$`),
        );
        expect(fromDecimal(text, code)).toEqual(amount);
      }),
      { numRuns: 20 },
    );
  });

  it("an amount converted to a provider's exponent and back is unchanged or refused, never rounded", () => {
    fc.assert(
      fc.property(money, fc.nat({ max: 5 }), (amount, digits) => {
        const divides =
          digits >= exponentOf(amount.currency) ||
          amount.minor % 10 ** (exponentOf(amount.currency) - digits) === 0;
        const scaled =
          BigInt(amount.minor) * 10n ** BigInt(Math.max(0, digits - exponentOf(amount.currency)));
        if (!divides || scaled > Number.MAX_SAFE_INTEGER) {
          expect(() => toInteger(amount, digits)).toThrow(NotExact);
          return;
        }
        expect(fromInteger(toInteger(amount, digits), amount.currency, digits)).toEqual(amount);
        expect(fromDecimal(toDecimal(amount, digits), amount.currency, digits)).toEqual(amount);
      }),
    );
  });

  it("an amount of up to 15 digits is exact as a JSON number in any program", () => {
    fc.assert(
      fc.property(jsonMoney, (amount) => {
        const written = JSON.stringify(toJsonNumber(amount));
        expect(written).not.toMatch(/e/i);
        expect(fromDecimal(written, amount.currency)).toEqual(amount);
      }),
      { numRuns: 2000 },
    );
  });

  it("an amount of any size is exact as a JSON number or refused", () => {
    fc.assert(
      fc.property(money, (amount) => {
        try {
          expect(fromDecimal(String(toJsonNumber(amount)), amount.currency)).toEqual(amount);
        } catch (error) {
          if (!(error instanceof NotExact)) throw error;
          expect(amount.minor).toBeGreaterThan(999_999_999_999_999);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("an amount is read from plain decimals only", () => {
    const plain = /^\d+(\.\d+)?$/;
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."0123456789.,-+eEx _１") }),
        currency,
        (text, code) => {
          fc.pre(!plain.test(text));
          expect(() => fromDecimal(text, code)).toThrow(NotExact);
        },
      ),
    );
  });

  it("an amount may not have more decimal places than its currency, except trailing zeros", () => {
    fc.assert(
      fc.property(money, fc.integer({ min: 1, max: 9 }), fc.nat({ max: 40 }), (amount, digit, zeros) => {
        const text = exponentOf(amount.currency) === 0 ? `${amount.minor}.` : toDecimal(amount);
        expect(() => fromDecimal(`${text}${digit}`, amount.currency)).toThrow(NotExact);
        expect(() => fromDecimal(`${text}${"0".repeat(zeros)}${digit}`, amount.currency)).toThrow(NotExact);
        expect(fromDecimal(`${text}${"0".repeat(zeros + 1)}`, amount.currency)).toEqual(amount);
      }),
    );
  });

  it("an amount beyond safe integers, negative or fractional in minor units is refused", () => {
    expect(() => fromDecimal("90071992547409.92", "CNY")).toThrow(NotExact);
    expect(fromDecimal("90071992547409.91", "CNY").minor).toBe(Number.MAX_SAFE_INTEGER);
    for (const units of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => fromInteger(units, "CNY")).toThrow(NotExact);
      expect(() => toDecimal({ minor: units, currency: "CNY" })).toThrow(RangeError);
    }
  });
});
