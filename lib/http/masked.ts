/** Secrets that callers may send in the wrong field by mistake: our keys, provider keys, tokens, e-mail addresses. */
const secrets =
  /(?<![0-9a-z])ak_\w+|whsec_[\w+/=-]+|(?<![0-9a-z])[rs]k_(?:live|test)_\w+|-----BEGIN.*|\beyJ[\w-]+\.[\w.-]+|(?<![^\s@/:"])[^\s@/:"]+@[^\s@/:"]+/gis;

/** Query and fragment of a URL. */
const query = /(?<=https?:\/\/[^\s?#"]*)[?#][^\s"]*/gi;

/** Keys that callers choose and that our error messages repeat: of map entries, and of duplicate JSON names. */
const callersNames = /(?<=\b(?:metadata|extra_params)\.).+(?=: )|(?<=the name ").+(?=")/gs;

/** 13 to 19 digits, or groups of digits as printed on cards. */
const digits = /(?<!\d)(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})(?!\d)/g;
/** First digits of the card schemes; numbers that begin with a current date or timestamp do not match. */
const scheme = /^(?:[3-6]|2[2-7])/;

/** Longer text is truncated first, because the time that the patterns take grows with the square of its length. */
const longest = 500;

/** Masks secrets, e-mail addresses, URL queries and card numbers (all but the first six and last four digits). */
export function masked(text: string): string {
  return text
    .slice(0, longest)
    .replace(secrets, "[redacted]")
    .replace(query, "")
    .replace(callersNames, "…")
    .replace(digits, (found) =>
      isCard(found.replace(/\D/g, "")) ? `${found.slice(0, 6)}******${found.slice(-4)}` : found,
    );
}

/** Luhn's checksum. */
function isCard(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return scheme.test(number) && sum % 10 === 0;
}
