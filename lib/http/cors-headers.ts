/**
 * CORS headers that let pages of exactly these origins read an answer; none if the list is empty. Only for public
 * routes: they allow no credentials and answer no preflight.
 */
export function corsHeaders(origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (allowed.length === 0) return {};
  const isAllowed = origin !== undefined && /* mutation: cors-allowed-origin */ allowed.includes(origin);
  return { vary: "origin", ...(isAllowed && { "access-control-allow-origin": origin }) };
}
