import { GatewayError } from "../../errors.ts";
import { isCurrency } from "../../money/currencies.ts";
import { fromDecimal, type Money, NotExact, toDecimal } from "../../money/money.ts";

/**
 * What PayPal takes, and how it writes it. BRL, CNY and MYR only within their countries, which PayPal itself refuses.
 * https://developer.paypal.com/api/rest/reference/currency-codes/
 */
const twoDecimals = new Set(
  "AUD BRL CAD CNY CZK DKK EUR HKD ILS MYR MXN NZD NOK PHP PLN GBP SGD SEK CHF THB USD".split(" "),
);
/** A decimal point is an error, though ISO 4217 counts HUF and TWD in hundredths. */
const noDecimals = new Set(["HUF", "JPY", "TWD"]);

/** `money` as PayPal's decimal text; throws `amount_not_allowed` for what PayPal cannot express. */
export function toPayPalValue(money: Money): string {
  const { currency } = money;
  if (!twoDecimals.has(currency) && !noDecimals.has(currency)) {
    refuse("currency", `PayPal does not take ${currency}`);
  }
  if (money.minor < 1) refuse("amount", "PayPal takes amounts above zero");
  try {
    return toDecimal(money, noDecimals.has(currency) ? 0 : 2);
  } catch (error) {
    if (error instanceof NotExact) refuse("amount", error.message);
    throw error;
  }
}

function refuse(field: string, message: string): never {
  throw new GatewayError("amount_not_allowed", message, { fields: [{ field, message }] });
}

/** Undefined for what the gateway cannot hold exactly. Zeros after the point are read where none belong (`100.00` JPY). */
export function fromPayPalAmount({
  currency_code: currency,
  value,
}: {
  currency_code: string;
  value: string;
}): Money | undefined {
  if (!isCurrency(currency)) return undefined;
  try {
    return fromDecimal(value.replace(/\.0+$/, ""), currency);
  } catch (error) {
    if (error instanceof NotExact) return undefined;
    throw error;
  }
}
