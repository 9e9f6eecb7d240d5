/** Whether a buyer may be sent to this URL: even a provider's answer must not make us hand out a `javascript:` URL. */
export function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}
