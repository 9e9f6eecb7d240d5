import { minorUnits } from "../kernel/decimal.ts";
import { exponentOf, type Money } from "./money.ts";
import { unprocessable } from "./paypal-error.ts";
import type { Fields } from "./read-fields.ts";

/** Reads `{currency_code, value}`. Throws a `PaypalError`. */
export function readAmount(amount: Fields): Money {
  const currency = amount.text("currency_code", { required: true, min: 3, max: 3 });
  const value = amount.text("value", {
    required: true,
    max: 32,
    pattern: /^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$/,
  });
  amount.done();
  const exponent = exponentOf(currency);
  if (exponent === undefined) {
    const description = "Currency code is invalid or is not currently supported.";
    throw unprocessable("INVALID_CURRENCY_CODE", description);
  }
  if (exponent === 0 && value.includes(".")) {
    throw unprocessable("DECIMALS_NOT_SUPPORTED", "Currency does not support decimals.");
  }
  if (value.startsWith("-") || /^[0.]+$/.test(value)) {
    throw unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.");
  }
  if (value.replace(/^0+|[.].*$/g, "").length > 15) {
    throw unprocessable("MAX_VALUE_EXCEEDED", "Should be less than or equal to 999999999999999.99.");
  }
  const minor = minorUnits(value.replace(/^\./, "0."), exponent);
  if (minor === undefined) {
    const description = `The value of the field should not be more than ${exponent} decimal places.`;
    throw unprocessable("DECIMAL_PRECISION", description);
  }
  return { minor, currency };
}
