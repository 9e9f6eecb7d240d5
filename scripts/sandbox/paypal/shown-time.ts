/** Times in whole seconds, as PayPal writes those of resources. */
export function shownTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
