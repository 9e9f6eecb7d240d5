import { words } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const keys = "test/storage/unique-keys.test.ts";
const refunds = "test/payments/refund-guards.test.ts";
const moves = "test/payments/move-guards.test.ts";

const noLongerUnique = (name: string, at: string, ...tests: string[]): Mutation => ({
  name,
  at,
  change: words(1),
  tests,
});

/** Unique keys of the schema, which decide between concurrent inserts. */
export const schemaMutations: Mutation[] = [
  noLongerUnique("Schema: two merchants may have the same name", "unique-username", keys),
  noLongerUnique("Schema: two API keys may have the same id", "unique-key-id", keys),
  noLongerUnique("Schema: two live configs of a provider may have the same name", "unique-config-name", keys),
  noLongerUnique("Schema: two orders may have the same order_no", "unique-order-number", keys),
  noLongerUnique(
    "Schema: two orders of a merchant may have the same out_trade_no",
    "unique-merchant-order",
    "test/races/create-at-once.test.ts",
  ),
  noLongerUnique("Schema: one provider transaction may pay for two orders", "unique-provider-trade", moves),
  noLongerUnique(
    "Schema: two refunds of a merchant may have the same refund_no",
    "unique-merchant-refund",
    refunds,
  ),
  noLongerUnique(
    "Schema: two refunds may have the same number at the provider",
    "unique-provider-refund",
    refunds,
  ),
  noLongerUnique("Schema: an external refund may be recorded twice", "unique-order-refund", refunds),
  noLongerUnique("Schema: a provider event may be recorded twice", "unique-provider-event", keys),
  noLongerUnique("Schema: one generation of a notification may exist twice", "unique-series", refunds),
  noLongerUnique("Schema: one try of a delivery may be recorded twice", "unique-send", keys),
  noLongerUnique(
    "Schema: one anomaly may be raised twice",
    "unique-anomaly",
    "test/stories/webhook-anomalies.test.ts",
  ),
];
