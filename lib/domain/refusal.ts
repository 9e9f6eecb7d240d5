import type { ProviderError } from "../errors.ts";

/**
 * Who can fix it: the buyer, the author of the request, the merchant (credentials, account, limits, balance) or the
 * provider.
 */
export type Fault = "buyer" | "request" | "merchant" | "provider";

/** What is over: this one try, the whole order or refund, or nothing yet, so that the same may still succeed. */
export type Ends = "try" | "subject" | "nothing";

/**
 * One code of a provider's own list. `source`: the official document, schema or SDK that lists it. `note`: what the
 * gateway does, if fault and end do not say it.
 */
export type RefusalRule = { fault: Fault; ends: Ends; source: string; note?: string };

/** The codes with which a provider may refuse one kind of call. */
export type RefusalTable = Readonly<Record<string, RefusalRule>>;

/** The same rule for several codes, which are separated by whitespace. */
export function rulesFor(rule: RefusalRule, codes: string): RefusalTable {
  const names = codes.trim().split(/\s+/);
  return Object.fromEntries(names.map((code) => [code, rule]));
}

/** A provider's verified refusal of a call. `listed`: the code is in the provider's table, so nothing was created. */
export type Refusal = { error: ProviderError; fault: Fault; ends: Ends; listed: boolean };

/**
 * The meaning of a refused create. An unlisted code counts as the merchant's fault: no money can have moved, and the
 * same request may succeed after a correction.
 */
export function refusalOfCreate(table: RefusalTable, error: ProviderError): Refusal {
  const rule = ruleOf(table, error.code);
  if (!rule) return { error, fault: "merchant", ends: "nothing", listed: false };
  return { error, fault: rule.fault, ends: rule.ends, listed: true };
}

/**
 * The meaning of a refused capture or refund; `undefined` for an unlisted code: whether money has moved is unknown,
 * and only a fetch can tell.
 */
export function refusalOfMove(table: RefusalTable, error: ProviderError): Refusal | undefined {
  const rule = ruleOf(table, error.code);
  // mutation: move-unlisted
  return rule && { error, fault: rule.fault, ends: rule.ends, listed: true };
}

/**
 * Whether this call is known to have made nothing, so that the next try goes out under a new key. Stripe and PayPal repeat
 * their stored answer to a key, refusals included: under the old one the same request would be refused for a day or more.
 */
export function freesKey({ listed, fault, ends }: Refusal): boolean {
  return (
    /* mutation: key-freed-unlisted */ listed &&
    (ends === "try" || (ends === "nothing" && /* mutation: key-freed-by-fault */ fault === "merchant"))
  );
}

function ruleOf(table: RefusalTable, code: string): RefusalRule | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
