const count = (description: string) => ({ description, schema: { type: "integer", minimum: 0 } });

export const requestIdHeader = {
  "X-Request-Id": { description: "Names this call.", required: true, schema: { type: "string" } },
};

export const retryAfterHeader = (required: boolean) => ({
  "Retry-After": { ...count("Seconds to wait before the same request is sent again."), required },
});

/** On every answer to a merchant that has a limit. */
export const rateLimitHeaders = {
  "X-RateLimit-Limit": count("How many calls may come at once."),
  "X-RateLimit-Remaining": count("How many may still come now."),
  "X-RateLimit-Reset": count("Seconds until all of them may come again."),
};
