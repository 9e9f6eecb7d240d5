import type { Mutant } from "../mutant.ts";

const file = "lib/storage/migrations/0001-schema.ts";
const keys = "test/storage/unique-keys.test.ts";
const refunds = "test/refund/refund-guards.test.ts";
const moves = "test/payment/move-guards.test.ts";

const noLongerUnique = (name: string, key: string, ...tests: string[]): Mutant => ({
  name,
  file,
  from: `UNIQUE KEY ${key}`,
  to: `KEY ${key}`,
  tests,
});

/** The keys of the schema that decide between two who come at once. */
export const schemaGuards: Mutant[] = [
  noLongerUnique("Two merchants may have one name", "username", keys),
  noLongerUnique("Two API keys may have one id", "key_id", keys),
  noLongerUnique("Two configs of a provider may have one name", "live_config", keys),
  noLongerUnique("Two orders may have one number of ours", "order_no", keys),
  noLongerUnique(
    "Two orders may have one number of the merchant's",
    "user_order",
    "test/stories/create-at-once.test.ts",
  ),
  noLongerUnique("One transaction may pay for two orders", "provider_trade", moves),
  noLongerUnique("Two refunds may have one number of the merchant's", "user_refund", refunds),
  noLongerUnique("Two refunds may have one number at the provider", "provider_refund", refunds),
  noLongerUnique("A refund in the provider's console may be booked twice", "order_refund", refunds),
  noLongerUnique("One event of a provider may be recorded twice", "config_event", keys),
  noLongerUnique("One fact may have two series of notifications", "series", refunds),
  noLongerUnique("One send may be recorded twice", "send", keys),
  noLongerUnique("One anomaly may be raised twice", "fingerprint", "test/stories/webhook-anomalies.test.ts"),
];
