/** Hides query and fragment of a URL, because merchants put secrets there. */
export function withoutQuery(url: string | null): string | null {
  return url === null ? null : url.replace(/[?#].*$/s, "?…");
}
