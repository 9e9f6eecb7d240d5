import type { Violations } from "./violation.ts";

/** Violations to insert into a database at rest. */
export const restViolations: Violations = {
  "Every delivery has ended: success, exhausted, held or superseded.": [
    ["UPDATE deliveries SET status = 'pending' WHERE status = 'success' LIMIT 1"],
    ["UPDATE deliveries SET status = 'sending' WHERE status = 'success' LIMIT 1"],
  ],
  "No poll of a payment or a refund is overdue.": [
    ["UPDATE payment_orders SET next_poll_at = :now - INTERVAL 3 MINUTE WHERE status = 'success' LIMIT 1"],
    ["UPDATE refunds SET next_poll_at = :now - INTERVAL 3 MINUTE WHERE status = 'processing' LIMIT 1"],
  ],
  "No payment is open past its expiry, unless it is in transit or is not polled any more.": [
    ["UPDATE payment_orders SET state = 'payable' WHERE status = 'closed' LIMIT 1"],
  ],
  "No create holds a lease.": [
    ["UPDATE provider_requests SET done = 0, lease_until = :now + INTERVAL 1 SECOND LIMIT 1"],
  ],
  "No capture is under way.": [
    [
      `UPDATE payment_orders SET capture_until = :now + INTERVAL 1 SECOND
       WHERE state = 'in_transit' LIMIT 1`,
    ],
  ],
  "No refund has an unknown outcome.": [
    ["UPDATE refunds SET status = 'unknown' WHERE status = 'processing' LIMIT 1"],
  ],
  "The credentials of every active config are encrypted.": [
    ["UPDATE payment_configs SET config_data = '{}' LIMIT 1"],
  ],
};
