import type { Plants } from "./plant.ts";

export const lookUpPlants: Plants = {
  "A payment that is not final will be asked about, past its expiry too, unless nobody has answered for eight days.":
    [
      ["UPDATE payment_orders SET next_query_at = NULL WHERE status = 'pending' LIMIT 1"],
      ["UPDATE payment_orders SET next_query_at = NULL WHERE status = 'processing' LIMIT 1"],
    ],
  "For each account of which payments are polled no more there is one anomaly of its config.": [
    [
      `UPDATE payment_orders SET next_query_at = NULL, unanswered_since = :now - INTERVAL 9 DAY,
       expires_at = :now - INTERVAL 8 DAY WHERE status = 'pending' LIMIT 1`,
    ],
  ],
  "No look-up of an open payment is further away than a quarter of an hour, or an hour once it is started.": [
    ["UPDATE payment_orders SET next_query_at = :now + INTERVAL 16 MINUTE WHERE status = 'pending' LIMIT 1"],
    [
      "UPDATE payment_orders SET next_query_at = :now + INTERVAL 61 MINUTE WHERE provider_started = 1 LIMIT 1",
    ],
  ],
  "An ended payment is asked about again within an hour, a closed one a day after its end, or never.": [
    ["UPDATE payment_orders SET next_query_at = :now + INTERVAL 61 MINUTE WHERE status = 'success' LIMIT 1"],
    [
      "UPDATE payment_orders SET next_query_at = closed_at + INTERVAL 25 HOUR WHERE status = 'closed' LIMIT 1",
    ],
  ],
  "A refund that is not final will be asked about, and each that is asked about within an hour.": [
    ["UPDATE refunds SET next_query_at = NULL WHERE status = 'processing' LIMIT 1"],
    ["UPDATE refunds SET next_query_at = :now + INTERVAL 61 MINUTE WHERE status = 'processing' LIMIT 1"],
  ],
};
