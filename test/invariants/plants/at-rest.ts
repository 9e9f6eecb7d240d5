import type { Plants } from "./plant.ts";

/** To be planted where everything has come to rest. */
export const restPlants: Plants = {
  "Every fact has been told to its end: success, exhausted, held or superseded.": [
    ["UPDATE notify_queue SET status = 'pending' WHERE status = 'success' LIMIT 1"],
    ["UPDATE notify_queue SET status = 'sending' WHERE status = 'success' LIMIT 1"],
  ],
  "No look-up of a payment or a refund is overdue.": [
    ["UPDATE payment_orders SET next_query_at = :now - INTERVAL 3 MINUTE WHERE status = 'success' LIMIT 1"],
    ["UPDATE refunds SET next_query_at = :now - INTERVAL 3 MINUTE WHERE status = 'processing' LIMIT 1"],
  ],
  "No payment is open past its expiry, unless the provider has started it or does not answer any more.": [
    ["UPDATE payment_orders SET status = 'pending' WHERE status = 'closed' LIMIT 1"],
  ],
  "Nobody holds a lease on a create.": [
    ["UPDATE payment_attempts SET done = 0, lease_until = :now + INTERVAL 1 SECOND LIMIT 1"],
  ],
  "No capture is under way.": [
    [
      `UPDATE payment_orders SET capture_until = :now + INTERVAL 1 SECOND
       WHERE status = 'processing' AND provider_started = 1 LIMIT 1`,
    ],
  ],
  "The outcome of every refund is known, or the provider works on it.": [
    ["UPDATE refunds SET status = 'unknown' WHERE status = 'processing' LIMIT 1"],
  ],
  "The credentials of every active config are sealed.": [
    ["UPDATE payment_configs SET config_data = '{}' LIMIT 1"],
  ],
};
