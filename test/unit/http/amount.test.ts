import { describe, expect, it } from "vitest";
import { plainAmount } from "../../../lib/http/fields.ts";
import { readJsonBody } from "../../../lib/http/json-body.ts";
import { readAmount } from "../../../lib/money/read-amount.ts";

/** Minor units of an amount as the API parses it; `source` is its JSON source text in a request. */
function amountOf(source: string, currency: string) {
  const { amount } = readJsonBody(Buffer.from(`{"amount":${source}}`), ["amount"]) as { amount: unknown };
  return readAmount(plainAmount.parse(amount), currency).minor;
}

function refusalOf(source: string): string | undefined {
  const { amount } = readJsonBody(Buffer.from(`{"amount":${source}}`), ["amount"]) as { amount: unknown };
  return plainAmount.safeParse(amount).error?.issues[0]?.message;
}

describe("an amount of a request", () => {
  // MySQL prints DECIMAL(19,4) with all its places (dev.mysql.com/doc/refman/8.4/en/precision-math-decimal-characteristics.html).
  it.each([
    ['"12.3400"', "CNY", 1234],
    ["12.3400", "CNY", 1234],
    ["100.00", "JPY", 100],
    ['"100.0000"', "JPY", 100],
    ['"1.50000"', "KWD", 1500],
    ["0.1000000000000000000000", "USD", 10],
    ['"9999999999999.9900000000"', "EUR", 999999999999999],
    ["10", "CNY", 1000],
    ["0.01", "XCG", 1],
  ])("the amount %s %s is accepted by its value: trailing zeros do not matter", (source, currency, minor) =>
    expect(amountOf(source, currency)).toBe(minor),
  );

  it.each([
    ['"12.345"', "CNY"],
    ["12.3450", "CNY"],
    ["100.10", "JPY"],
    ["12.3400000000000000001", "CNY"],
  ])("the amount %s %s is refused because the currency cannot express it exactly", (source, currency) =>
    expect(() => amountOf(source, currency)).toThrow(/at most/),
  );

  const plain = "must be a plain decimal number such as 12.34, ";
  it.each([
    ["1e3", "with at most 15 digits and no exponent"],
    ['"1.5E+2"', "with at most 15 digits and no exponent"],
    ['"+5"', "without a sign"],
    ['"012.34"', "without leading zeros"],
    ['"00"', "without leading zeros"],
    ['"1,234.56"', "with a point before the decimals and no separators"],
    ['"12,34"', "with a point before the decimals and no separators"],
    ['"1_000"', "with a point before the decimals and no separators"],
    ['"1\u2019000.00"', "with a point before the decimals and no separators"],
    ['" 12"', "without blanks"],
    ['"12\\n"', "without blanks"],
    ['"1 000"', "without blanks"],
    ['".5"', "with digits before and after the point"],
    ['"12."', "with digits before and after the point"],
    ['"\uff11\uff12"', "in the digits 0 to 9"],
    ['"\u00a512.34"', "in digits with at most one point"],
    ['"NaN"', "in digits with at most one point"],
    ['""', "in digits with at most one point"],
    ["1234567890123456", "with at most 15 digits"],
    ['"1000000000000000.00"', "with at most 15 digits"],
  ])("the amount %s is refused with the reason", (source, how) =>
    expect(refusalOf(source)).toBe(plain + how),
  );

  it.each(["0", "0.00", '"-5.00"', "-1", '"0.0000"'])(
    "the amount %s is refused because it is not positive",
    (source) => expect(refusalOf(source)).toBe("must be greater than 0"),
  );

  it("an amount with 60,000 trailing zeros is parsed like any other", () => {
    const zeros = "0".repeat(60_000);
    expect(amountOf(`"1.${zeros}"`, "CNY")).toBe(100);
    expect(refusalOf(`"1.${zeros}1"`)).toContain("at most 15 digits");
  });
});
