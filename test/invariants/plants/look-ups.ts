import type { Plants } from "./plant.ts";

export const lookUpPlants: Plants = {
  "For each account that has been silent for eight days there is one anomaly of its config.": [
    [
      `UPDATE payment_orders SET next_query_at = NULL, unanswered_since = :now - INTERVAL 9 DAY,
       expires_at = :now - INTERVAL 8 DAY WHERE status = 'pending' LIMIT 1`,
    ],
  ],
  "A payment that is not final will be asked about, past its expiry too, until a person was told of it for a week, or its account was silent for eight days.":
    [
      ["UPDATE payment_orders SET next_query_at = NULL WHERE status = 'pending' LIMIT 1"],
      ["UPDATE payment_orders SET next_query_at = NULL WHERE status = 'processing' LIMIT 1"],
    ],
  "No look-up of an open payment is further away than a quarter of an hour, or an hour once it is started or a day too old.":
    [
      [
        "UPDATE payment_orders SET next_query_at = :now + INTERVAL 16 MINUTE WHERE status = 'pending' LIMIT 1",
      ],
      [
        "UPDATE payment_orders SET next_query_at = :now + INTERVAL 61 MINUTE WHERE provider_started = 1 LIMIT 1",
      ],
    ],
  "An ended payment is asked about again within an hour, a closed one a day after its end, a paid one a day and a week after it, or never.":
    [
      [
        "UPDATE payment_orders SET next_query_at = :now + INTERVAL 61 MINUTE WHERE status = 'success' LIMIT 1",
      ],
      [
        "UPDATE payment_orders SET next_query_at = quiet_from + INTERVAL 8 DAY WHERE status = 'success' LIMIT 1",
      ],
      [
        "UPDATE payment_orders SET next_query_at = closed_at + INTERVAL 25 HOUR WHERE status = 'closed' LIMIT 1",
      ],
    ],
  "A refund that is not final will be asked about for eight days, and each that is asked about within an hour.":
    [
      ["UPDATE refunds SET next_query_at = NULL WHERE status = 'processing' LIMIT 1"],
      ["UPDATE refunds SET next_query_at = :now + INTERVAL 61 MINUTE WHERE status = 'processing' LIMIT 1"],
    ],
};
