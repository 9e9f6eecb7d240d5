/** `text` in at most `longest` UTF-16 units, cut between code points and then ended with `…`. */
export function shorten(text: string, longest: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= longest) return whole;
  const cutsPair = /[\uD800-\uDBFF]/.test(whole.charAt(longest - 2));
  return `${whole.slice(0, longest - (cutsPair ? 2 : 1))}…`;
}
