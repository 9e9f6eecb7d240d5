/** The routes that are not of the merchant API, whose contracts name theirs; in API Gateway's notation. */
export const routes = {
  paymentReturn: "GET /api/v1/public/return/{provider}/{order_no}",
  health: "GET /health",
  openApi: "GET /openapi.json",
  /** Any other path or method: answered with 404 and code 1004. */
  unmatched: "$default",
} as const;

/** Where a provider posts its webhooks, one function each. */
export function webhookRoute(provider: string): string {
  return `POST /api/v1/public/notify/${provider}/{config_id}`;
}
