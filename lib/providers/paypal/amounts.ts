import { GatewayError } from "../../errors.ts";
import { isCurrency } from "../../money/currencies.ts";
import { fromDecimal, type Money, NotExact, toDecimal } from "../../money/money.ts";
import { currencies } from "./limits.ts";

/** `money` as PayPal's decimal text; throws `amount_not_allowed` for what PayPal cannot express. */
export function toPayPalValue(money: Money): string {
  const { currency } = money;
  const rule = Object.hasOwn(currencies, currency) ? currencies[currency] : undefined;
  if (!rule) return refuse("currency", `PayPal does not take ${currency}`);
  if (money.minor < rule.leastMinor) refuse("amount", "PayPal takes amounts above zero");
  const value = exactly(money, rule.decimals);
  // mutation: paypal-largest-amount
  if (BigInt(value.replace(".", "")) > BigInt(rule.mostMinor)) {
    refuse("amount", `PayPal takes at most ${rule.mostMinor} of the smallest unit of ${currency}`);
  }
  return value;
}

function exactly(money: Money, decimals: number): string {
  try {
    return toDecimal(money, decimals);
  } catch (error) {
    if (error instanceof NotExact) refuse("amount", error.message);
    throw error;
  }
}

function refuse(field: string, message: string): never {
  throw new GatewayError("amount_not_allowed", message, { fields: [{ field, message }] });
}

/** Undefined for an amount that the gateway cannot represent exactly. Accepts superfluous zeros (`100.00` JPY). */
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
