/** Merchants put secrets into the queries of their URLs. */
export function withoutQuery(url: string | null): string | null {
  return url === null ? null : url.replace(/[?#].*$/s, "?…");
}
