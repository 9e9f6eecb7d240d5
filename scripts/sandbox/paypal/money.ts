import { decimal } from "../kernel/decimal.ts";

/** Minor units of a currency, as PayPal counts them. */
export type Money = { minor: number; currency: string };

/** Currencies for which a decimal point is an error (developer.paypal.com/api/rest/reference/currency-codes). */
const withoutDecimals = ["HUF", "JPY", "TWD"];
const withTwoDecimals =
  "AUD BRL CAD CNY CZK DKK EUR HKD ILS MYR MXN NZD NOK PHP PLN GBP SGD SEK CHF THB USD".split(" ");

/** Only accounts of that country may use these; C2 is PayPal's code for China. */
const inCountryOnly: Record<string, string> = { BRL: "BR", CNY: "C2", MYR: "MY" };

/** Decimals of a currency at PayPal (not ISO's). Undefined: PayPal does not support it. */
export function exponentOf(currency: string): number | undefined {
  if (withoutDecimals.includes(currency)) return 0;
  return withTwoDecimals.includes(currency) ? 2 : undefined;
}

/** Whether an account of this country may take this currency. */
export function isAllowedIn(country: string, currency: string): boolean {
  return (inCountryOnly[currency] ?? country) === country;
}

/** The amount's decimal string. */
export function shownValue({ minor, currency }: Money): string {
  return decimal(minor, exponentOf(currency) ?? 2);
}

/** The amount as PayPal writes it. */
export function amountObject(money: Money): { currency_code: string; value: string } {
  return { currency_code: money.currency, value: shownValue(money) };
}

/** Gross, fee and net of a received amount. The fee, 3.49 % rounded down, is arbitrary: nothing compares it. */
export function breakdown({ minor, currency }: Money): object {
  const fee = Math.floor((minor * 349) / 10_000);
  return {
    gross_amount: amountObject({ minor, currency }),
    paypal_fee: amountObject({ minor: fee, currency }),
    net_amount: amountObject({ minor: minor - fee, currency }),
  };
}
