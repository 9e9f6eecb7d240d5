/**
 * Where a refund may go from each status. `unknown`: it may have reached the provider; merchants see `processing`. The
 * edges out of the final statuses take a verified fact and raise an alarm.
 */
export const refundEdges = {
  processing: ["unknown", "success", "failed"],
  unknown: ["processing", "success", "failed"],
  success: ["failed"],
  failed: ["success"],
} as const satisfies Record<string, readonly string[]>;

export type RefundStatus = keyof typeof refundEdges;

export const refundStatuses = Object.keys(refundEdges) as RefundStatus[];
