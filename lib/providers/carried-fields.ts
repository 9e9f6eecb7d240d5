import { secondsAfter } from "../clock.ts";

/**
 * Fields of the previous credentials that are carried over because the new ones omit them. Fields that belong together
 * form one group, which is carried over as a whole or not at all.
 */
export function carriedFields<Credentials extends object>(
  before: Credentials,
  changes: Record<string, unknown>,
  groups: readonly (readonly (keyof Credentials & string)[])[],
): Partial<Credentials> {
  const names = groups.filter((group) => !group.some((name) => name in changes)).flat();
  const carried = names.filter((name) => before[name] !== undefined).map((name) => [name, before[name]]);
  return Object.fromEntries(carried) as Partial<Credentials>;
}

/**
 * Stripe and PayPal retry an unacknowledged event for three days; a replaced endpoint's secret or id is accepted for as
 * long. https://docs.stripe.com/webhooks#automatic-retries · https://developer.paypal.com/api/rest/webhooks/
 */
const formerSeconds = 3 * 24 * 3600;

/** Until when a secret or id that is replaced at `now` is still accepted. */
export function formerEnd(now: Date): Date {
  return secondsAfter(now, formerSeconds);
}

/** A former secret or id, with the end of its acceptance. */
export type Until = { until: string };

/** The former secrets or ids that are still accepted; at most the newest `mostFormer`. */
export function notOver<Former extends Until>(former: readonly Former[] | undefined, now: Date): Former[] {
  // mutation: former-secret-until
  return (former ?? []).filter(({ until }) => new Date(until) > now).slice(-mostFormer);
}

const mostFormer = 5;
