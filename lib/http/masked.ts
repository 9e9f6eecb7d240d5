/** What a caller may send by mistake where it is not looked for: keys of ours and of providers, tokens, addresses. */
const secrets =
  /(?<![0-9a-z])ak_\w+|whsec_[\w+/=-]+|(?<![0-9a-z])[rs]k_(?:live|test)_\w+|-----BEGIN.*|\beyJ[\w-]+\.[\w.-]+|(?<![^\s@/:"])[^\s@/:"]+@[^\s@/:"]+/gis;

/** Of an address only what leads to a place. */
const query = /(?<=https?:\/\/[^\s?#"]*)[?#][^\s"]*/gi;

/** Entries of maps and doubled names, which callers choose, where our own words repeat them. */
const callersNames = /(?<=\b(?:metadata|extra_params)\.).+(?=: )|(?<=the name ").+(?=")/gs;

/** 13 to 19 digits, or groups of them as they are printed on cards. */
const digits = /(?<!\d)(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})(?!\d)/g;
/** First digits of the card schemes; a number that begins with today's date or time is none. */
const scheme = /^(?:[3-6]|2[2-7])/;

/** The rest is dropped unseen: time grows with the square of a text that callers choose. */
const longest = 500;

/** The text without what could be a secret, a card number (all but its first six and last four digits) or an address. */
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
