import * as z from "zod";

/** Text that comes back from every database and provider as it was sent: an unpaired surrogate would not. */
export const text = z
  .string()
  .refine(
    (given) => !/[[\p{Cs}\p{Cc}]--[\t\n\r]]/v.test(given),
    "must not hold control characters or unpaired surrogates",
  );

/** Also where one is only asked for: the database would take a trailing space for nothing. */
export const plainId = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, "1 to 64 of 0-9 A-Z a-z _ -");

/** At most 15 significant digits: what survives the way through a JSON number of any language. */
function isPlainAmount(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && text.replace(".", "").replace(/^0+/, "").length <= 15;
}

const notPlain = "must be a plain decimal number such as 12.34, with at most 15 digits and no exponent";
const notPositive = "must be greater than 0";

/** Decimal text; a JSON number arrives as its source text, which the API reference says in the caller's terms. */
export const plainAmount = z
  .string("must be a number or a decimal string")
  .refine(isPlainAmount, { error: ({ input }) => (/^-[\d.]+$/.test(String(input)) ? notPositive : notPlain) })
  .refine((text) => !isPlainAmount(text) || /[1-9]/.test(text), notPositive)
  .meta({ type: ["number", "string"], exclusiveMinimum: 0, pattern: "^\\d+(\\.\\d+)?$" });

/** An amount as it is answered: `10.00` prints `10`. */
export const answeredAmount = z.number();

/** RFC 3339, UTC, with milliseconds. */
export const answeredTime = z.string().meta({ format: "date-time" });
