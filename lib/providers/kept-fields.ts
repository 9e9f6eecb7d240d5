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

/** Something that is accepted until a time. */
export type Until = { until: string };

/** Those whose time has not come; the newest, should there be too many. */
export function notOver<Former extends Until>(former: readonly Former[] | undefined, now: Date): Former[] {
  // mutation: former-secret-until
  return (former ?? []).filter(({ until }) => new Date(until) > now).slice(-mostFormer);
}

const mostFormer = 5;
