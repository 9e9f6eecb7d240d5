/**
 * Default headers of every response; a function may override them. They forbid caching, framing, scripts and referrers,
 * and do not name the software.
 */
const onEveryAnswer = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

/** `requestId` is the id that every log line of this call carries. */
export function alwaysHeaders(requestId: string): Record<string, string> {
  return { ...onEveryAnswer, /* mutation: answer-request-id */ "x-request-id": requestId };
}

/**
 * CORS headers that let pages of exactly these origins read an answer; none if the list is empty. Only for public
 * routes: they allow no credentials and answer no preflight.
 */
export function corsHeaders(origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (allowed.length === 0) return {};
  const isAllowed = origin !== undefined && /* mutation: cors-allowed-origin */ allowed.includes(origin);
  return { vary: "origin", ...(isAllowed && { "access-control-allow-origin": origin }) };
}
