import { StripeError } from "./stripe-error.ts";

/** One page of a list (docs.stripe.com/api/pagination); `all` is newest first. Throws a `StripeError`. */
export function listed<Item extends { id: string }>(
  all: Item[],
  { limit = 10, starting_after }: { limit?: number; starting_after?: string },
  show: (item: Item) => object,
  url: string,
): object {
  if (limit < 1 || limit > 100) throw new StripeError("limit must be between 1 and 100", { param: "limit" });
  const after = starting_after === undefined ? -1 : all.findIndex(({ id }) => id === starting_after);
  if (starting_after !== undefined && after < 0) {
    const details = { status: 404, code: "resource_missing", param: "starting_after", executed: true };
    throw new StripeError(`No such object: '${starting_after}'`, details);
  }
  const from = after + 1;
  const data = all.slice(from, from + limit).map(show);
  return { object: "list", data, has_more: from + limit < all.length, url };
}
