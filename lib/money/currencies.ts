/**
 * Digits after the decimal point in which the gateway counts each currency (ISO 4217 minor units). A provider that
 * counts a currency differently has its own table.
 * Source: ISO 4217 list one, https://www.iso.org/iso-4217-currency-codes.html;
 * compared with public listings of it on 2026-11-30.
 *
 * XCG, the Caribbean guilder, replaced ANG on 2025-03-31. ANG, BGN (euro since 2026-01-01) and STD (STN since 2018)
 * have left that list and stay here, so that stored orders can be read; each provider decides whether it still takes
 * payments in them. HRK (2023-01-01), SLL (2023-12-31, now SLE) and ZWL (2024, now ZWG) had left it before. Codes that
 * none of our providers takes, such as CUP, IRR, KPW, SYP, VED, VES and ZWG, are left out.
 */
const zero = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const three = "BHD IQD JOD KWD LYD OMR TND".split(" ");
const two = (
  "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC " +
  "CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD " +
  "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK " +
  "PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU " +
  "UZS WST XCD XCG YER ZAR ZMW"
).split(" ");

const exponents = new Map<string, number>([
  ...zero.map((code): [string, number] => [code, 0]),
  ...two.map((code): [string, number] => [code, 2]),
  ...three.map((code): [string, number] => [code, 3]),
]);

/** A three-letter ISO 4217 code that the gateway knows. */
export type Currency = string;

export function isCurrency(code: string): boolean {
  return exponents.has(code);
}

/** Digits after the decimal point; throws on a currency that `isCurrency` refuses. */
export function exponentOf(currency: Currency): number {
  const exponent = exponents.get(currency);
  if (exponent === undefined) throw new RangeError(`unknown currency ${currency}`);
  return exponent;
}

export const currencies: readonly Currency[] = [...exponents.keys()];
