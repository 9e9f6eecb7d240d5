/** Whether a buyer may be sent there: a provider's answer is no reason to hand out a script. */
export function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}
