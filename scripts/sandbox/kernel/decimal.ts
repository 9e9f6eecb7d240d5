/** Minor units as a decimal string with exactly `exponent` decimals: (1234, 2) is "12.34", (500, 0) is "500". */
export function decimal(minor: number, exponent: number): string {
  if (exponent === 0) return String(minor);
  const digits = String(minor).padStart(exponent + 1, "0");
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
