import { secondsAfter } from "../clock.ts";

/**
 * Fields of earlier credentials that go on where the new ones leave them out. Fields that belong together stand in one
 * group and go on together, or not at all.
 */
export function keptFields<Credentials extends object>(
  before: Credentials,
  given: Record<string, unknown>,
  groups: readonly (readonly (keyof Credentials & string)[])[],
): Partial<Credentials> {
  const names = groups.filter((group) => !group.some((name) => name in given)).flat();
  const kept = names.filter((name) => before[name] !== undefined).map((name) => [name, before[name]]);
  return Object.fromEntries(kept) as Partial<Credentials>;
}

/**
 * Stripe and PayPal send an event that was not acknowledged again for three days; so long a replaced endpoint's secret or
 * id is accepted. https://docs.stripe.com/webhooks#automatic-retries · https://developer.paypal.com/api/rest/webhooks/
 */
const formerSeconds = 3 * 24 * 3600;

/** Until when what is replaced at `now` is accepted. */
export function formerEnd(now: Date): Date {
  return secondsAfter(now, formerSeconds);
}

/** Something that is accepted until a time. */
export type Until = { until: string };

/** Those whose time has not come; the newest, should there be too many. */
export function notOver<Former extends Until>(former: readonly Former[] | undefined, now: Date): Former[] {
  // mutation: former-secret-until
  return (former ?? []).filter(({ until }) => new Date(until) > now).slice(-mostFormer);
}

const mostFormer = 5;
