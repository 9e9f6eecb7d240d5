import type { Mutant } from "../mutant.ts";

const attempts = "lib/storage/attempts.ts";
const moves = "test/payment/move-guards.test.ts";
const edges = "test/payment/status-edges.test.ts";
const outage = "test/stories/outage-database.test.ts";
const atOnce = "test/stories/create-at-once.test.ts";

/** Who makes a payment at its provider, and stores the outcome: T1 create, T2 result, a refusal, leases. */
export const createGuards: Mutant[] = [
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
    from: `eb.or([eb("lease_until", "<=", lease.now), eb("lease_token", "=", lease.leaseToken)])`,
    to: `eb("id", ">", "0")`,
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
    name: "T2: the outcome is stored by who has lost the lease",
    file: attempts,
    from: `if (!(await finishAttempt(trx, leased))) return null;\n    const stored`,
    to: `await finishAttempt(trx, leased);\n    const stored`,
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
    from: `if ((await readPayment(trx, payment)).refusal !== null) return { notification: null };`,
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
    from: `.where("status", "not in", ["failed", "closed"])`,
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
];
