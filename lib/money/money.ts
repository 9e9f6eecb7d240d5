import { type Currency, exponentOf } from "./currencies.ts";

/** An exact amount: a safe integer of ISO 4217 minor units (cents, fen, yen). */
export type Money = { minor: number; currency: Currency };

/** Why a text is not an amount of that currency; the message says what to change. */
export class NotExact extends Error {
  override readonly name = "NotExact";
}

/**
 * Reads plain decimals: digits, at most one point, no sign, no exponent. Refuses what `digits` places (by default those
 * of the currency) cannot hold; it never rounds. The value counts, not its spelling: a DECIMAL column prints `12.3400`.
 */
export function fromDecimal(text: string, currency: Currency, digits = exponentOf(currency)): Money {
  const [, whole, written = ""] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) throw new NotExact(`"${text.slice(0, 40)}" is not a plain decimal number`);
  // mutation: amount-trailing-zeros
  const fraction = withoutTrailingZeros(written);
  if (fraction.length > digits) throw new NotExact(`${currency} takes at most ${digits} decimal places`);
  return inMinorUnits(BigInt(whole + fraction.padEnd(digits, "0")), currency, digits);
}

/** Without a regular expression: on a long run of zeros, `0+$` starts again at each of them (quadratic time). */
export function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

/** Reads an integer counted in `digits` decimal places, as providers with minor units send it. */
export function fromInteger(units: number, currency: Currency, digits = exponentOf(currency)): Money {
  if (!Number.isSafeInteger(units) || units < 0)
    throw new NotExact(`${units} is not a non-negative whole number of units`);
  return inMinorUnits(BigInt(units), currency, digits);
}

function inMinorUnits(units: bigint, currency: Currency, digits: number): Money {
  const exponent = exponentOf(currency);
  const excess = 10n ** BigInt(Math.max(0, digits - exponent));
  if (units % excess !== 0n) throw new NotExact(`${currency} takes at most ${exponent} decimal places`);
  const minor = (units / excess) * 10n ** BigInt(Math.max(0, exponent - digits));
  if (minor > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotExact("the amount is too large");
  return { minor: Number(minor), currency };
}

/** `money` counted in `digits` decimal places; refuses what would need rounding. */
export function toInteger(money: Money, digits = exponentOf(money.currency)): number {
  assertSafe(money);
  const exponent = exponentOf(money.currency);
  const scaled = BigInt(money.minor) * 10n ** BigInt(Math.max(0, digits - exponent));
  const divisor = 10n ** BigInt(Math.max(0, exponent - digits));
  if (scaled % divisor !== 0n)
    throw new NotExact(`${money.currency} takes at most ${digits} decimal places here`);
  const units = scaled / divisor;
  if (units > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotExact("the amount is too large");
  return Number(units);
}

/** Plain decimal text with exactly `digits` places: `12.30`. */
export function toDecimal(money: Money, digits = exponentOf(money.currency)): string {
  const text = String(toInteger(money, digits)).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * The JSON number of an answer: `10.00` becomes `10`, `12.30` becomes `12.3`. Exact for every safe amount, because
 * 15 significant digits survive the way into a double and back; a larger one is refused.
 */
export function toJsonNumber(money: Money): number {
  const text = toDecimal(money);
  const number = Number(text);
  const shortest = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  if (String(number) !== shortest) throw new NotExact(`${text} cannot be a JSON number`);
  return number;
}

export function sameMoney(a: Money, b: Money): boolean {
  return a.minor === b.minor && a.currency === b.currency;
}

function assertSafe({ minor }: Money): void {
  if (!Number.isSafeInteger(minor) || minor < 0)
    throw new RangeError(`not an amount in minor units: ${minor}`);
}

/** A stored count of minor units, which the database driver gives as text. */
export function safeMinor(bigint: string): number {
  const minor = Number(bigint);
  assertSafe({ minor, currency: "" });
  return minor;
}
