/** Where a provider posts the webhooks of one config. `publicUrl` has no trailing slash. */
export function webhookUrl(publicUrl: string, { provider, id }: { provider: string; id: string }): string {
  return `${publicUrl}/api/v1/public/notify/${provider}/${id}`;
}

/** Where a provider sends the buyer back to. */
export function buyerReturnUrl(publicUrl: string, provider: string, orderNo: string): string {
  return `${publicUrl}/api/v1/public/return/${provider}/${orderNo}`;
}
