const count = (description: string) => ({ description, schema: { type: "integer", minimum: 0 } });

export const requestIdHeader = {
  "X-Request-Id": { description: "Names this call.", required: true, schema: { type: "string" } },
};

export const retryAfterHeader = (required: boolean) => ({
  "Retry-After": { ...count("Seconds to wait before the same request is sent again."), required },
});

/** Never required: a merchant may have no limit, and what is refused before its key is known counts against none. */
export const rateLimitHeaders = {
  "X-RateLimit-Limit": count("How many calls a minute are allowed; they may come at once."),
  "X-RateLimit-Remaining": count("How many of them may come now."),
  "X-RateLimit-Reset": count("Seconds until all of them may come again."),
};
