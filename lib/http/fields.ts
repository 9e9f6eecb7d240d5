import * as z from "zod";
import { withoutTrailingZeros } from "../money/money.ts";

/** Text that comes back from every database and provider as it was sent: an unpaired surrogate would not. */
export const text = z
  .string()
  .refine(
    (given) => !/[[\p{Cs}\p{Cc}]--[\t\n\r]]/v.test(given),
    "must not hold control characters or unpaired surrogates",
  );

/** Also where one is only asked for: the database would take a trailing space for nothing. */
export const plainId = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, "1 to 64 of 0-9 A-Z a-z _ -");

const mostDigits = 15;

/** What stands in a text that is not a plain decimal number, and what to do about it. */
const spellings: [RegExp, string][] = [
  [/^\s|\s$|\d\s+\d/, "without blanks"],
  [/^[\d.]+e[+-]?\d+$/i, `with at most ${mostDigits} digits and no exponent`],
  [/^\+/, "without a sign"],
  [/^\d[\d.]*[,_'\u2019\u066C\uFF0C]/, "with a point before the decimals and no separators"],
  [/^0\d/, "without leading zeros"],
  [/^\.\d|^\d+\.$/, "with digits before and after the point"],
  [/(?![0-9])\p{Nd}/u, "in the digits 0 to 9"],
];

/** Why a text is no amount; `undefined`: it is one. Zeros at the end of the decimals say nothing and are not counted. */
function notAnAmount(text: string): string | undefined {
  const [, whole, fraction = ""] =
    /* mutation: amount-leading-zeros */ /^(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) {
    if (/^-[\d.]+$/.test(text)) return notPositive;
    const [, how] = spellings.find(([spelling]) => spelling.test(text)) ?? [];
    return `must be a plain decimal number such as 12.34, ${how ?? "in digits with at most one point"}`;
  }
  const digits = whole + /* mutation: amount-digits */ withoutTrailingZeros(fraction);
  if (!/[1-9]/.test(digits)) return notPositive;
  // What survives the way through a JSON number of any language.
  const significant = digits.replace(/^0+/, "").length;
  return significant > mostDigits
    ? `must be a plain decimal number such as 12.34, with at most ${mostDigits} digits`
    : undefined;
}

const notPositive = "must be greater than 0";

/** Decimal text; a JSON number arrives as its source text, which the API reference says in the caller's terms. */
export const plainAmount = z
  .string("must be a number or a decimal string")
  .superRefine((text, context) => {
    const message = notAnAmount(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  })
  .meta({ type: ["number", "string"], exclusiveMinimum: 0, pattern: "^(0|[1-9]\\d*)(\\.\\d+)?$" });

/** An amount as it is answered: `10.00` prints `10`. */
export const answeredAmount = z.number();

/** RFC 3339, UTC, with milliseconds. */
export const answeredTime = z.string().meta({ format: "date-time" });
