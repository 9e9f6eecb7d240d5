import type { Mutant } from "../mutant.ts";

const refunds = "lib/storage/refunds.ts";
const finish = "lib/storage/finish-refund.ts";
const books = "lib/storage/refund-books.ts";
const totals = "lib/storage/refund-totals.ts";
const foreign = "lib/storage/foreign-refunds.ts";
const races = "test/stories/refund-races.test.ts";
const turns = "test/stories/refund-turns.test.ts";
const story = "test/stories/refund.test.ts";
const guards = "test/refund/refund-guards.test.ts";

/** The WHERE lists and transactions of a refund: T5 reserve, T5b finish, and what leads to them. */
export const refundGuards: Mutant[] = [
  {
    name: "T5: more is reserved than was paid",
    file: refunds,
    from: `.where(sql<boolean>\`refund_reserved_minor + refunded_minor + \${amount.minor} <= amount_minor\`)`,
    to: "",
    tests: [races],
  },
  {
    name: "T5: what is not paid is refunded",
    file: refunds,
    from: `.where("status", "=", "success")`,
    to: "",
    tests: [guards],
  },
  {
    name: "T5: a refund in another currency than the payment's is reserved",
    file: refunds,
    from: `.where("currency", "=", amount.currency)`,
    to: "",
    tests: [guards],
  },
  {
    name: "T5: the row of a refund stays whose sum did not fit",
    file: refunds,
    from: "if (reserved.numUpdatedRows !== 1n) throw new DoesNotFit();",
    to: `if (reserved.numUpdatedRows !== 1n) return { kind: "does-not-fit" };`,
    tests: [races],
  },
  {
    name: "T5: who is too late takes the first refund for its own",
    file: refunds,
    from: `.where("lease_token", "=", wanted.leaseToken)`,
    to: "",
    tests: [guards],
  },
  {
    name: "T5: a refund that an unanswered COMMIT has made is not recognised as one's own",
    file: refunds,
    from: `if (!mine) return { kind: "exists" };`,
    to: `if (mine) return { kind: "exists" };\n    if (!mine) return { kind: "exists" };`,
    tests: [guards],
  },
  {
    name: "A refund is taken over before its lease is over",
    file: refunds,
    from: `.where((eb) => eb.or([eb("lease_until", "<=", now), eb("lease_token", "=", leaseToken)]))`,
    to: "",
    tests: [guards],
  },
  {
    name: "A final refund is taken over",
    file: refunds,
    from: `.where("status", "in", ["processing", "unknown"])\n      .where((eb)`,
    to: `.where((eb)`,
    tests: [guards],
  },
  {
    name: "A refund is let go by who has lost its lease",
    file: refunds,
    from: `.where("lease_token", "=", leaseToken)`,
    to: "",
    tests: [guards],
  },
  {
    name: "A final refund becomes unknown when it is let go",
    file: refunds,
    from: `.where("lease_token", "=", leaseToken)\n      .where("status", "in", ["processing", "unknown"])`,
    to: `.where("lease_token", "=", leaseToken)`,
    tests: [guards],
  },
  {
    name: "T5b: a refund that has ended ends again",
    file: finish,
    from: `.where("status", "in", from as ("processing" | "unknown" | "success" | "failed")[])`,
    to: "",
    tests: [races],
  },
  {
    name: "T5b: more is refunded than was paid",
    file: books,
    from: `sql<boolean>\`refunded_minor + refund_reserved_minor + \${refunded} <= amount_minor + \${reserved} + \${unrefunded}\``,
    to: "sql<boolean>`1 = 1`",
    tests: [turns],
  },
  {
    name: "T5b: the sums of what is not paid move",
    file: books,
    from: `.where("status", "=", "success")`,
    to: "",
    tests: [guards],
  },
  {
    name: "T5b: the refund's row moves although its sum cannot",
    file: books,
    from: "if (moved.numUpdatedRows !== 1n) throw new OverRefund();",
    to: "",
    tests: [turns],
  },
  {
    name: "T5b: a refund that does not fit is an error for ever, not an anomaly",
    file: finish,
    from: `if (error instanceof OverRefund) return { kind: "over-refund" };
      if (known`,
    to: `if (known`,
    tests: [turns],
  },
  {
    name: "A refund that does not fit is raised for nobody",
    file: "lib/refund/drive-refund.ts",
    from: `if (finished.kind === "over-refund") {`,
    to: `if (finished.kind === "over-refund" && payment.id === "") {`,
    tests: [guards],
  },
  {
    name: "A final refund that changes alarms nobody",
    file: "lib/refund/drive-refund.ts",
    from: `if (finished.after !== "processing") {`,
    to: `if (finished.after !== "processing" && payment.id === "") {`,
    tests: [turns],
  },
  {
    name: "A refund in the provider's console that is told twice is an error",
    file: foreign,
    from: `if (!isDuplicate(error, "order_refund")) throw error;
    return finishKnown(db, payment, foreign, { to: "success"`,
    to: `throw error;
    return finishKnown(db, payment, foreign, { to: "success"`,
    tests: [guards],
  },
  {
    name: "Two totals that arrive at once are both held for news",
    file: totals,
    from: "await lockOrder(trx, payment);",
    to: "",
    tests: [guards],
  },
  {
    name: "A total that our own refunds account for is booked as another refund",
    file: totals,
    from: "if (total.minor > current.refundedMinor + current.reservedMinor) {",
    to: "if (total.minor > current.refundedMinor) {",
    tests: [guards],
  },
  {
    name: "A total that a reservation of ours has covered is forgotten",
    file: totals,
    from: "if (total.minor > current.refundedMinor) await keepTotal(trx, current, total);",
    to: "",
    tests: [turns],
  },
  {
    name: "A total that comes late takes the place of a greater one",
    file: totals,
    from: `.where("refund_total_minor", "<", String(total.minor))`,
    to: "",
    tests: [guards],
  },
  {
    name: "A refund of another transaction is booked on the order that it names",
    file: "lib/refund/observe-refund.ts",
    from: `if (seen.tradeNo !== payment.tradeNo) return raiseMismatch(gateway, payment, { seen, differs: "trade_no" });`,
    to: "",
    tests: [turns],
  },
  {
    name: "A refund of ours is ended by a word about another amount",
    file: "lib/refund/observe-refund.ts",
    from: "if (!sameMoney(seen.amount, ours.refund.amount))",
    to: "if (seen.amount.minor < 0)",
    tests: [turns, guards],
  },
  {
    name: "A final refund is turned by a webhook, which may be an old one",
    file: finish,
    from: "if (!fact.overrules) {",
    to: 'if (!fact.overrules && payment.id === "") {',
    tests: [guards],
  },
  {
    name: "A refund of another order is ended by a word about this one",
    file: "lib/refund/observe-refund.ts",
    from: "if (ours && ours.payment.id === payment.id) {",
    to: "if (ours) {",
    tests: [guards],
  },
  {
    name: "A refund that may be made already is asked for again without a look",
    file: "lib/refund/drive-refund.ts",
    from: "if (!first) {",
    to: "if (first) {",
    tests: [guards],
  },
  {
    name: "A refund that is told before its payment is settled is acknowledged and lost",
    file: "lib/payment/observe.ts",
    from: `if (seen.kind !== "refundedTotal")`,
    to: `if (payment.id === "")`,
    tests: [guards],
  },
  {
    name: "The same refund_no with other content is answered with the first refund",
    file: "lib/refund/create-refund.ts",
    from: "refuseOtherContent(stored, wanted);",
    to: "",
    tests: [story],
  },
];
