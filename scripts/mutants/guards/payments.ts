import type { Mutant } from "../mutant.ts";

const attempts = "lib/storage/attempts.ts";
const captures = "lib/storage/captures.ts";
const orders = "lib/storage/orders.ts";
const settle = "lib/storage/settle.ts";
const moves = "test/payment/move-guards.test.ts";
const edges = "test/payment/status-edges.test.ts";
const outage = "test/stories/outage-database.test.ts";
const atOnce = "test/stories/create-at-once.test.ts";
const captureGuards = "test/payment/capture-guards.test.ts";

/** The WHERE lists and transactions of a payment: T1 create, T2 result, T3 settle, T4 final, T9 capture. */
export const paymentGuards: Mutant[] = [
  {
    name: "T1: who is too late takes the winner's order for its own",
    file: attempts,
    from: `.where("a.lease_token", "=", order.leaseToken)`,
    to: "",
    tests: [atOnce],
  },
  {
    name: "T1: an order that an unanswered COMMIT has made is not recognised as one's own",
    file: attempts,
    from: "if (!mine) return null;\n    orderId = mine.order_id;",
    to: "return null;",
    tests: [outage],
  },
  {
    name: "T1: a number that the merchant has used is an error, not the first order",
    file: attempts,
    from: `!isDuplicate(error, "user_order") && `,
    to: "",
    tests: [atOnce],
  },
  {
    name: "An attempt is taken over before its lease is over",
    file: attempts,
    from: `.where("lease_until", "<=", lease.now)`,
    to: "",
    tests: [moves],
  },
  {
    name: "An attempt is taken over although its outcome is stored",
    file: attempts,
    from: `.where("done", "=", 0)`,
    to: "",
    tests: [moves],
  },
  {
    name: "An attempt that somebody else holds counts as taken over",
    file: attempts,
    from: `.where("lease_token", "=", lease.leaseToken)`,
    to: "",
    tests: [moves],
  },
  {
    name: "T2: the outcome is stored by who has lost the lease",
    file: attempts,
    from: `if (!(await finishAttempt(trx, leased))) return null;`,
    to: `await finishAttempt(trx, leased);`,
    tests: [moves],
  },
  {
    name: "T2: a payment that has left processing becomes pending",
    file: attempts,
    from: `.where("status", "=", "processing")
      .where("version", "=", payment.version)
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) {`,
    to: `.where("version", "=", payment.version)
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) {`,
    tests: [edges],
  },
  {
    name: "T2: a payment that has changed since it was read becomes pending",
    file: attempts,
    from: `.where("version", "=", payment.version)
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) {`,
    to: `.executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) {`,
    tests: [moves],
  },
  {
    name: "T2: the link of a payment that a webhook was faster with is lost",
    file: attempts,
    from: "const set = { payable: stored, updated_at: now };",
    to: "const set = { updated_at: now };",
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "T4: a payment that has left processing is refused",
    file: attempts,
    from: `.where("status", "=", "processing")
      .where("version", "=", payment.version)
      .where("provider_started"`,
    to: `.where("version", "=", payment.version)
      .where("provider_started"`,
    tests: [edges],
  },
  {
    name: "T4: a payment that has changed since it was read is refused",
    file: attempts,
    from: `.where("version", "=", payment.version)
      .where("provider_started"`,
    to: `.where("provider_started"`,
    tests: [moves],
  },
  {
    name: "T4: a payment that the provider has started is refused",
    file: attempts,
    from: `.where("provider_started", "=", 0)`,
    to: "",
    tests: ["test/payment/final-refusal.test.ts"],
  },
  {
    name: "T4: a refusal that an unanswered COMMIT has stored is not recognised as one's own",
    file: "lib/storage/attempts.ts",
    from: "if ((await readPayment(trx, payment)).refusal !== null) return true;",
    to: "",
    tests: ["test/stories/outage-database.test.ts"],
  },
  {
    name: "T4: a refusal that is not the outcome keeps everybody else from trying",
    file: attempts,
    from: "await attemptRow(trx, leased).set({ done: 0, lease_until: now }).execute();",
    to: "",
    tests: ["test/payment/final-refusal.test.ts"],
  },
  {
    name: "A payment that has ended is made at the provider after all",
    file: attempts,
    from: `.where("o.status", "not in", ["failed", "closed"])`,
    to: "",
    tests: [moves],
  },
  {
    name: "An attempt is finished or let go by who has lost its lease",
    file: attempts,
    from: `.where("lease_token", "=", leaseToken);`,
    to: ";",
    tests: [moves],
  },
  {
    name: "A release without a lease goes on all the same",
    file: attempts,
    from: "if (freed.numUpdatedRows === 0n) return;",
    to: "",
    tests: [moves],
  },
  {
    name: "A release makes a payment due again that has left processing",
    file: attempts,
    from: `.set({ next_query_at: nextQueryAt })
      .where("status", "=", "processing")`,
    to: ".set({ next_query_at: nextQueryAt })",
    tests: [moves],
  },
  {
    name: "T3: the word of another config settles",
    file: settle,
    from: `.where("config_id", "=", scope.configId)`,
    to: "",
    tests: [moves],
  },
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
