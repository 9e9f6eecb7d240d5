import { GatewayError } from "../../errors.ts";
import { isCurrency } from "../../money/currencies.ts";
import { fromInteger, type Money, NotExact, toInteger } from "../../money/money.ts";
import { largestAmount } from "./limits.ts";

/**
 * Currencies in which Stripe does not count two decimals. Stripe's table differs from ISO 4217: MGA has none here; HUF,
 * TWD, ISK and UGX have two. https://docs.stripe.com/currencies#zero-decimal, a public copy of unknown date
 */
const zeroDecimal = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const threeDecimal = new Set("BHD JOD KWD OMR TND".split(" "));
/** Two decimals for backward compatibility, but both must be 0. */
const wholeUnits = new Set(["ISK", "UGX"]);
/**
 * Currencies that the gateway knows, but that are missing in https://docs.stripe.com/currencies#presentment-currencies
 * (a public copy). XCG replaced ANG on 2025-03-31 (ISO 4217 amendment 176); electronic payments in ANG have not been
 * accepted since.
 */
const notOffered = new Set(["ANG", "IQD", "LYD"]);

function digitsOf(currency: string): number {
  if (zeroDecimal.has(currency)) return 0;
  return threeDecimal.has(currency) ? 3 : 2;
}

/** `money` as Stripe's `unit_amount`; throws `amount_not_allowed` for what Stripe cannot express. */
export function toStripeAmount(money: Money): number {
  if (!isCurrency(money.currency) || notOffered.has(money.currency)) {
    refuse("currency", `Stripe does not take ${money.currency}`);
  }
  const units = inUnits(money);
  if (wholeUnits.has(money.currency) && units % 100 !== 0) {
    refuse("amount", `Stripe takes whole ${money.currency} only`);
  }
  if (threeDecimal.has(money.currency) && units % 10 !== 0) {
    refuse("amount", `Stripe takes at most 2 decimal places of ${money.currency}`);
  }
  const most = largestAmount(money.currency);
  if (units < 1 || units > most) {
    refuse("amount", `Stripe takes 1 to ${most} of the smallest unit of ${money.currency}`);
  }
  return units;
}

function inUnits(money: Money): number {
  try {
    return toInteger(money, digitsOf(money.currency));
  } catch (error) {
    if (error instanceof NotExact) refuse("amount", error.message);
    throw error;
  }
}

function refuse(field: string, message: string): never {
  throw new GatewayError("amount_not_allowed", message, { fields: [{ field, message }] });
}

/** Reads an amount with Stripe's lower-case currency; undefined if the gateway cannot represent it exactly. */
export function fromStripeAmount(units: number, lowerCase: string): Money | undefined {
  const currency = lowerCase.toUpperCase();
  if (!isCurrency(currency)) return undefined;
  try {
    return fromInteger(units, currency, digitsOf(currency));
  } catch (error) {
    if (error instanceof NotExact) return undefined;
    throw error;
  }
}
