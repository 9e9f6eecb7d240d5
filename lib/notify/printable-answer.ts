const longestBytes = 4096;

/** Ours, should an endpoint echo what it was sent: signatures (also URL-encoded or JSON-escaped), secrets, API keys. */
const ours = /v1(?:,|%2C)[\w+/=\\%-]+|\b(?:whsec|ak)_[\w+/=\\%-]+/gi;

/** Query values shorter than this are words, not credentials. */
const shortestCredential = 8;

/**
 * The first 4 KiB of a merchant's answer as one line of printable text. Without what an echo would give away: our
 * signatures, the notification itself and the credentials in the URL's query.
 */
export function printableAnswer(body: Buffer, sent: { url: URL; payload: string }): string {
  const { search, searchParams } = sent.url;
  const credentials = [...searchParams.values()].filter(({ length }) => length >= shortestCredential);
  let text = body.toString("utf8");
  for (const echo of [sent.payload, JSON.stringify(sent.payload).slice(1, -1), search, ...credentials]) {
    if (echo) text = text.replaceAll(echo, "[redacted]");
  }
  text = text.replace(ours, "[redacted]").replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ");
  // Whole characters only, so that a cut never leaves half of one.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(longestBytes));
  return text.slice(0, read);
}
