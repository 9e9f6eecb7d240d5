import { words } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const keys = "test/storage/unique-keys.test.ts";
const refunds = "test/refund/refund-guards.test.ts";
const moves = "test/payment/move-guards.test.ts";

const noLongerUnique = (name: string, at: string, ...tests: string[]): Mutation => ({
  name,
  at,
  change: words(1),
  tests,
});

/** The keys of the schema that decide between two who come at once. */
export const schemaMutations: Mutation[] = [
  noLongerUnique("Two merchants may have one name", "unique-username", keys),
  noLongerUnique("Two API keys may have one id", "unique-key-id", keys),
  noLongerUnique("Two configs of a provider may have one name", "unique-config-name", keys),
  noLongerUnique("Two orders may have one number of ours", "unique-order-number", keys),
  noLongerUnique(
    "Two orders may have one number of the merchant's",
    "unique-merchant-order",
    "test/stories/create-at-once.test.ts",
  ),
  noLongerUnique("One transaction may pay for two orders", "unique-provider-trade", moves),
  noLongerUnique("Two refunds may have one number of the merchant's", "unique-merchant-refund", refunds),
  noLongerUnique("Two refunds may have one number at the provider", "unique-provider-refund", refunds),
  noLongerUnique("A refund in the provider's console may be booked twice", "unique-order-refund", refunds),
  noLongerUnique("One event of a provider may be recorded twice", "unique-provider-event", keys),
  noLongerUnique("One fact may have two series of notifications", "unique-series", refunds),
  noLongerUnique("One send may be recorded twice", "unique-send", keys),
  noLongerUnique(
    "One anomaly may be raised twice",
    "unique-anomaly",
    "test/stories/webhook-anomalies.test.ts",
  ),
];
