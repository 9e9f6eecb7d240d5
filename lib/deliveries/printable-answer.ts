import { hideEchoes } from "../outbound/hide-echoes.ts";

const longestBytes = 4096;

/**
 * Our own secrets: signatures, signing secrets, API keys; also inside a URL or JSON, where an escape may precede them.
 */
const ours = /v1(?:,|%2C)[\w+/=\\%-]+|whsec_[\w+/=\\%-]+|(?<=\b|%[\da-f]{2}|\\[bfnrt])ak_[\w%-]+/gi;

/**
 * The first 4 KiB of a merchant's response as one line of printable text. If the response echoes our signatures, the
 * notification or the credentials in the URL's query, they are redacted.
 */
export function printableAnswer(
  body: Buffer,
  { url, headers, payload }: { url: string; headers: Record<string, string>; payload: string },
): string {
  const { search, searchParams } = new URL(url);
  const signatures = headers["webhook-signature"]?.split(" ").map((text) => text.replace(/^v1,/, "")) ?? [];
  const sent = [payload, Buffer.from(payload).toString("base64"), ...signatures, ...searchParams.values()];
  let text = body.toString("utf8");
  if (search) text = text.replaceAll(search, "[redacted]");
  text = hideEchoes(text, sent)
    // mutation: answer-signature-redacted
    .replace(ours, "[redacted]");
  text = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ");
  // Cuts between characters, never inside one.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(longestBytes));
  return text.slice(0, read);
}
