import type { Violations } from "./violation.ts";

export const pollViolations: Violations = {
  "An account that has not responded for eight days has exactly one anomaly, of its config.": [
    [
      `UPDATE payment_orders SET next_poll_at = NULL, unanswered_since = :now - INTERVAL 9 DAY,
       expires_at = :now - INTERVAL 8 DAY WHERE status = 'pending' LIMIT 1`,
    ],
  ],
  "An open payment has a next poll until it was stuck for a week or its account unresponsive for eight days.":
    [
      ["UPDATE payment_orders SET next_poll_at = NULL WHERE status = 'pending' LIMIT 1"],
      ["UPDATE payment_orders SET next_poll_at = NULL WHERE status = 'processing' LIMIT 1"],
    ],
  "An open payment's next poll is within 15 minutes; in transit or a day overdue, within an hour.": [
    ["UPDATE payment_orders SET next_poll_at = :now + INTERVAL 16 MINUTE WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET next_poll_at = :now + INTERVAL 61 MINUTE WHERE state = 'in_transit' LIMIT 1"],
  ],
  "A next poll of an ended payment is within an hour, a day after a close, or 1 or 7 days after a success.": [
    ["UPDATE payment_orders SET next_poll_at = :now + INTERVAL 61 MINUTE WHERE status = 'success' LIMIT 1"],
    ["UPDATE payment_orders SET next_poll_at = quiet_from + INTERVAL 8 DAY WHERE status = 'success' LIMIT 1"],
    ["UPDATE payment_orders SET next_poll_at = closed_at + INTERVAL 25 HOUR WHERE status = 'closed' LIMIT 1"],
  ],
  "An open refund has a next poll until it was stuck for a week, and every next poll is within an hour.": [
    ["UPDATE refunds SET next_poll_at = NULL WHERE status = 'processing' LIMIT 1"],
    ["UPDATE refunds SET next_poll_at = :now + INTERVAL 61 MINUTE WHERE status = 'processing' LIMIT 1"],
  ],
};
