import * as z from "zod";
import { withoutTrailingZeros } from "../money/money.ts";

/** Text that databases and providers return unchanged; control characters and unpaired surrogates would not be. */
export const text = z
  .string()
  .refine(
    (value) => !/[[\p{Cs}\p{Cc}]--[\t\n\r]]/v.test(value),
    "must not contain control characters or unpaired surrogates",
  );

/** Also used to find rows: the database ignores trailing spaces in comparisons, so `a ` would find `a`. */
export const plainId = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, "1 to 64 of 0-9 A-Z a-z _ -");

const mostDigits = 15;

/** Common spellings that are not plain decimal numbers, each with the hint that the error gives. */
const spellings: [RegExp, string][] = [
  [/^\s|\s$|\d\s+\d/, "without blanks"],
  [/^[\d.]+e[+-]?\d+$/i, `with at most ${mostDigits} digits and no exponent`],
  [/^\+/, "without a sign"],
  [/^\d[\d.]*[,_'\u2019\u066C\uFF0C]/, "with a point before the decimals and no separators"],
  [/^0\d/, "without leading zeros"],
  [/^\.\d|^\d+\.$/, "with digits before and after the point"],
  [/(?![0-9])\p{Nd}/u, "in the digits 0 to 9"],
];

/** Why a text is not an amount; `undefined` if it is one. Trailing zeros of the decimals do not count as digits. */
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
  // 15 significant digits survive a double, so the amount stays exact as a JSON number in any language.
  const significant = digits.replace(/^0+/, "").length;
  return significant > mostDigits
    ? `must be a plain decimal number such as 12.34, with at most ${mostDigits} digits`
    : undefined;
}

const notPositive = "must be greater than 0";

/** Decimal text. A JSON number arrives here as its source text; the API reference documents both forms. */
export const plainAmount = z
  .string("must be a number or a decimal string")
  .superRefine((text, context) => {
    const message = notAnAmount(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  })
  .meta({ type: ["number", "string"], exclusiveMinimum: 0, pattern: "^(0|[1-9]\\d*)(\\.\\d+)?$" });

/** An amount in an answer, a JSON number: `10.00` prints as `10`. */
export const answeredAmount = z.number();

/** RFC 3339, UTC, with milliseconds. */
export const answeredTime = z.string().meta({ format: "date-time" });
