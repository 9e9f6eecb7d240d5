/** The statuses that may follow each status; `failed` and `closed` become `success` only by a verified paid event. */
export const paymentEdges = {
  processing: ["pending", "success", "failed", "closed"],
  pending: ["processing", "success", "failed", "closed"],
  failed: ["success"],
  // mutation: status-after-closed
  closed: ["success"],
  // mutation: status-after-success
  success: [],
} as const satisfies Record<string, readonly string[]>;

export type PaymentStatus = keyof typeof paymentEdges;

export const paymentStatuses = Object.keys(paymentEdges) as PaymentStatus[];

/** The statuses from which `to` can be reached; SQL guards are made from it, so that they cannot differ from the table. */
export function statusesBefore(to: PaymentStatus): PaymentStatus[] {
  return paymentStatuses.filter((from) => (paymentEdges[from] as readonly string[]).includes(to));
}

/** Only a verified payment can still change it. */
export function isFinal(status: PaymentStatus): boolean {
  return status === "success" || status === "failed" || status === "closed";
}
