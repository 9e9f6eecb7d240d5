/** Every route of the API in API Gateway's notation. */
export const routes = {
  createPayment: "POST /api/v1/payment/create",
  queryPayment: "GET /api/v1/payment/query/{order_no}",
  findPayment: "GET /api/v1/payment/query",
  paymentTimeline: "GET /api/v1/payment/timeline/{order_no}",
  listPayments: "GET /api/v1/payment/list",
  resendNotification: "POST /api/v1/payment/notify/resend/{order_no}",
  createRefund: "POST /api/v1/payment/refund",
  queryRefund: "GET /api/v1/payment/refund/{refund_no}",
  capabilities: "GET /api/v1/capabilities",
  closePayment: "POST /api/v1/payment/close/{order_no}",
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
