/**
 * The statuses that may follow each status. `unknown`: it may have reached the provider; merchants see `processing`. A
 * final status changes only by a verified event, and with an alarm.
 */
export const refundEdges = {
  processing: ["unknown", "success", "failed"],
  unknown: ["processing", "success", "failed"],
  success: ["failed"],
  failed: ["success"],
} as const satisfies Record<string, readonly string[]>;

export type RefundStatus = keyof typeof refundEdges;

export const refundStatuses = Object.keys(refundEdges) as RefundStatus[];
