import type { RefusalRule, RefusalTable } from "../../domain/refusal.ts";
import type { ProviderError } from "../../errors.ts";
import type { PayPalRefused } from "./client.ts";

/**
 * PayPal lists everything that it found wrong (`details` is an array: paypal/paypal-rest-api-specifications@ec4d8f3,
 * components.schemas.error). An order or refund ends only when every issue ends it, so the least final issue decides:
 * an unlisted one, then one after which PayPal must be asked, then a temporary one.
 */
export function decisiveIssue(table: RefusalTable, { issues, error }: PayPalRefused): ProviderError {
  const weight = ({ code }: ProviderError) => weightOf(Object.hasOwn(table, code) ? table[code] : undefined);
  const [first = error, ...further] = issues.toSorted(
    (one, other) => /* mutation: paypal-decisive-issue */ weight(one) - weight(other),
  );
  if (further.length === 0) return first;
  return { ...first, message: `${first.message} (also ${further.map(({ code }) => code).join(", ")})` };
}

function weightOf(rule: RefusalRule | undefined): number {
  if (!rule) return 0;
  if (rule.ends === "nothing") return rule.fault === "provider" ? 1 : 2;
  return rule.ends === "try" ? 3 : 4;
}
