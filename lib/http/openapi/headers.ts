const count = (description: string) => ({ description, schema: { type: "integer", minimum: 0 } });

export const requestIdHeader = {
  "X-Request-Id": { description: "Names this call.", required: true, schema: { type: "string" } },
};

export const retryAfterHeader = (required: boolean) => ({
  "Retry-After": { ...count("Seconds to wait before the same request is sent again."), required },
});

export const rateLimitHeaders = {
  "X-RateLimit-Limit": count("How many requests are allowed in one period."),
  "X-RateLimit-Remaining": count("How many are left in this one."),
  "X-RateLimit-Reset": count("Seconds until the next period."),
};
