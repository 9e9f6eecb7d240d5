/**
 * Lets pages of exactly these origins read an answer; without any, nothing is said of it. Only for what anybody may read:
 * no credentials, no preflight.
 */
export function corsHeaders(origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (allowed.length === 0) return {};
  const known = origin !== undefined && /* mutation: cors-allowed-origin */ allowed.includes(origin);
  return { vary: "origin", ...(known && { "access-control-allow-origin": origin }) };
}
