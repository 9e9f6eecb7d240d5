import type { Mutant } from "../mutant.ts";

const captures = "lib/storage/captures.ts";
const orders = "lib/storage/orders.ts";
const settle = "lib/storage/settle.ts";
const moves = "test/payment/move-guards.test.ts";
const edges = "test/payment/status-edges.test.ts";
const captureGuards = "test/payment/capture-guards.test.ts";

/** The WHERE lists and transactions of a payment once it is made: T3 settle, T4 final, T9 capture. */
export const paymentGuards: Mutant[] = [
  {
    name: "T3: a payment to another account settles",
    file: settle,
    from: `.where("provider_account", "=", paid.account)`,
    to: "",
    tests: [moves],
  },
  {
    name: "T3: another amount settles",
    file: settle,
    from: `.where("amount_minor", "=", String(paid.amount.minor))`,
    to: "",
    tests: [moves],
  },
  {
    name: "T3: another currency settles",
    file: settle,
    from: `.where("currency", "=", paid.amount.currency)`,
    to: "",
    tests: [moves],
  },
  {
    name: "T3: what is success becomes success again",
    file: settle,
    from: `.where("status", "<>", "success")`,
    to: "",
    tests: [moves],
  },
  {
    name: "T3: the old status is looked at after it is gone, so that no success is late",
    file: settle,
    from: `late_success: sql<number>\`status IN ('failed', 'closed')\`,
      status: "success",`,
    to: `status: "success",
      late_success: sql<number>\`status IN ('failed', 'closed')\`,`,
    tests: [edges],
  },
  {
    name: "T3: a transaction that has paid for another order is an error for ever, not an anomaly",
    file: settle,
    from: `"provider_trade"`,
    to: `"another_key"`,
    tests: [moves],
  },
  {
    name: "A second payment of a paid order is taken for the first",
    file: settle,
    from: `if (current.tradeNo === paid.tradeNo) return { kind: "already", payment: current };`,
    to: `if (current.tradeNo) return { kind: "already", payment: current };`,
    tests: [moves],
  },
  {
    name: "Another amount for a paid order is nothing strange",
    file: settle,
    from: "current.amount.minor !== paid.amount.minor &&",
    to: "current.amount.minor < 0 &&",
    tests: [moves],
  },
  {
    name: "A payment is success without a notification in the same commit",
    file: settle,
    from: `paymentNotification(current, "payment.success", scope.now),`,
    to: "null,",
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "An event that comes again is an error",
    file: "lib/storage/webhook-events.ts",
    from: ".onDuplicateKeyUpdate({ times: sql`times + 1` })",
    to: "",
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "T4: what has changed since it was read is closed",
    file: orders,
    from: `.where("version", "=", payment.version)
      .where("status", "in", statusesBefore(to))`,
    to: `.where("status", "in", statusesBefore(to))`,
    tests: [moves],
  },
  {
    name: "T4: what is final is closed",
    file: orders,
    from: `.where("status", "in", statusesBefore(to))`,
    to: "",
    tests: [edges],
  },
  {
    name: "T4: a payment is closed while its money is being taken",
    file: orders,
    from: `.where((eb) => eb.or([eb("capture_until", "is", null), eb("capture_until", "<=", now)]))\n      .where(({ not`,
    to: ".where(({ not",
    tests: [captureGuards],
  },
  {
    name: "T4: a payment is closed while it is being made",
    file: orders,
    from: `.where("a.lease_until", ">", now)`,
    to: `.where("a.lease_until", "<", payment.createdAt)`,
    tests: [moves],
  },
  {
    name: "T4: an attempt that is done keeps a payment from being closed",
    file: orders,
    from: `.where("a.done", "=", 0)`,
    to: "",
    tests: [moves],
  },
  {
    name: "T4: a payment is closed without telling the merchant",
    file: orders,
    from: "const notification = await addNotification(trx, current, told, now);",
    to: "const notification = null;",
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "A provider's start moves what has changed since it was read",
    file: orders,
    from: `.where("version", "=", payment.version)
      .where("status", "in", ["pending", "processing"])`,
    to: `.where("status", "in", ["pending", "processing"])`,
    tests: [moves],
  },
  {
    name: "A provider's start opens what is final",
    file: orders,
    from: `.where("status", "in", ["pending", "processing"])`,
    to: "",
    tests: [edges],
  },
  {
    name: "T9: what has changed since it was read is captured",
    file: captures,
    from: `.where("version", "=", payment.version)
      .where("expires_at", ">", now)`,
    to: `.where("expires_at", ">", now)`,
    tests: [captureGuards],
  },
  {
    name: "T9: what has expired is captured",
    file: captures,
    from: `.where("expires_at", ">", now)`,
    to: "",
    tests: [captureGuards],
  },
  {
    name: "T9: a second capture begins while one is under way",
    file: captures,
    from: `.where((eb) => eb.or([eb("capture_until", "is", null), eb("capture_until", "<=", now)]))`,
    to: "",
    tests: [captureGuards],
  },
  {
    name: "T9: what is final is captured",
    file: captures,
    from: `eb("status", "=", "pending"),`,
    to: `eb("status", "!=", "processing"),`,
    tests: [edges],
  },
  {
    name: "T9: a capture whose outcome is unknown is repeated under another key",
    file: captures,
    from: `eb.and([eb("status", "=", "processing"), eb("capture_key", "=", key)]),`,
    to: `eb("status", "=", "processing"),`,
    tests: [captureGuards],
  },
  {
    name: "A capture that was declined ends another one",
    file: captures,
    from: `.where("capture_key", "=", payment.captureKey)`,
    to: "",
    tests: [captureGuards],
  },
  {
    name: "A capture that was declined makes pending what is success",
    file: captures,
    from: `.where("status", "=", "processing")
      .where("version", "=", payment.version)
      .where("capture_key"`,
    to: `.where("version", "=", payment.version)
      .where("capture_key"`,
    tests: [edges],
  },
  {
    name: "A capture that was declined moves what has changed since it was read",
    file: captures,
    from: `.where("version", "=", payment.version)
      .where("capture_key"`,
    to: `.where("capture_key"`,
    tests: [captureGuards],
  },
  {
    name: "A look-up is lost to a deadlock",
    file: "lib/storage/look-ups.ts",
    from: "await repeating(() => claim.executeTakeFirstOrThrow());",
    to: "await claim.executeTakeFirstOrThrow();",
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "Success is no longer a sink",
    file: "lib/payment/status.ts",
    from: "success: [],",
    to: `success: ["closed"],`,
    tests: [edges],
  },
  {
    name: "A closed payment may fail afterwards",
    file: "lib/payment/status.ts",
    from: `closed: ["success"],`,
    to: `closed: ["success", "failed"],`,
    tests: [edges],
  },
];
