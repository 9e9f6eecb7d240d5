/** An object with these members, each null: Stripe sends a member that does not apply as null. */
export function nulls(names: string): Record<string, null> {
  return Object.fromEntries(names.split(" ").map((name) => [name, null]));
}
