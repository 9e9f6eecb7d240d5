/** The authenticated merchant and its rate limit in calls per minute; `null`: unlimited. */
export type Authenticated = Caller & { rateLimit: number | null };

/** The authenticated caller. */
export type Caller = {
  userId: string;
  username: string;
  active: boolean;
  scopes: ReadonlySet<string>;
  notifyUrl: string | null;
};
