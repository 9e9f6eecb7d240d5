const count = (description: string) => ({ description, schema: { type: "integer", minimum: 0 } });

export const requestIdHeader = {
  "X-Request-Id": { description: "Id of this call.", required: true, schema: { type: "string" } },
};

export const retryAfterHeader = (required: boolean) => ({
  "Retry-After": { ...count("Seconds to wait before sending the same request again."), required },
});

/** Optional: a merchant may have no limit, and calls that are refused before authentication count against none. */
export const rateLimitHeaders = {
  "X-RateLimit-Limit": count("Calls allowed per minute; bursts are allowed."),
  "X-RateLimit-Remaining": count("Calls left now."),
  "X-RateLimit-Reset": count("Seconds until the full limit is available again."),
};
