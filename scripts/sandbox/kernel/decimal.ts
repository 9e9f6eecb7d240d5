/** Minor units as a decimal string with exactly `exponent` decimals: (1234, 2) is "12.34", (500, 0) is "500". */
export function decimal(minor: number, exponent: number): string {
  if (exponent === 0) return String(minor);
  const digits = String(minor).padStart(exponent + 1, "0");
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** A decimal string of at most `exponent` decimals as minor units: ("12.3", 2) is 1230. Undefined if it is not one. */
export function minorUnits(text: string, exponent: number): number | undefined {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > exponent) return undefined;
  const minor = Number(whole + fraction.padEnd(exponent, "0"));
  return Number.isSafeInteger(minor) ? minor : undefined;
}
