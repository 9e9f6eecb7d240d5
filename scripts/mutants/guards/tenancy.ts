import type { Mutant } from "../mutant.ts";

const tests = ["test/stories/tenant-statements.test.ts"];
const attempts = "lib/storage/attempts.ts";
const captures = "lib/storage/captures.ts";
const orders = "lib/storage/orders.ts";
const refunds = "lib/storage/refunds.ts";
const finish = "lib/storage/finish-refund.ts";
const deliveries = "lib/storage/deliveries.ts";

const ofPayment = `.where("user_id", "=", payment.userId)`;
const ofRefund = `.where("user_id", "=", refund.userId)`;

/** `condition` asks for the merchant, `before` which follows says of which statement. */
const forNobody = (what: string, file: string, condition: string, before: string): Mutant => ({
  name: `${what} asks for no merchant`,
  file,
  from: condition + before,
  to: before,
  tests,
});

/** The merchant in the WHERE of what is found by its id anyway: no mistake elsewhere may reach another's rows. */
export const tenancyGuards: Mutant[] = [
  forNobody("The take-over of an attempt", attempts, ofPayment, `\n    .where("done", "=", 0)`),
  forNobody(
    "The end or release of an attempt",
    attempts,
    ofPayment,
    `\n    .where("lease_token", "=", leaseToken)`,
  ),
  forNobody(
    "The end of a payment",
    orders,
    ofPayment,
    `\n      .where("version", "=", payment.version)\n      .where("status", "in", statusesBefore`,
  ),
  forNobody(
    "A capture",
    captures,
    ofPayment,
    `\n      .where("version", "=", payment.version)\n      .where("expires`,
  ),
  forNobody("The claim of a look-up", "lib/storage/payment-rows.ts", ofPayment, ";"),
  forNobody("T3", "lib/storage/settle.ts", `AND user_id = \${scope.userId} `, "AND config_id"),
  forNobody("T5", refunds, `AND user_id = \${payment.userId} `, "AND status = 'success'"),
  forNobody("The take-over of a refund", refunds, ofRefund, `\n    .where("status"`),
  forNobody("The release of a refund", refunds, ofRefund, `\n      .where("lease_token"`),
  forNobody("The end of a refund", finish, ofRefund, `\n    .where("status", "in", from`),
  forNobody(
    "The sum of a refund's end",
    "lib/storage/refund-books.ts",
    `AND user_id = \${refund.userId} `,
    "AND status = 'success'",
  ),
  forNobody(
    "The lock for a refund's total",
    "lib/storage/refund-totals.ts",
    ofPayment,
    "\n        .forUpdate()",
  ),
  forNobody("T6", deliveries, `AND user_id = \${hint.userId} `, "AND generation"),
  forNobody("T7", deliveries, `AND n.user_id = \${task.userId} `, "AND n.lease_token"),
  forNobody(
    "A resend's end of older series",
    "lib/storage/resend.ts",
    ` AND old.user_id = \${payment.userId}`,
    "`",
  ),
  forNobody("The timeline", "lib/storage/timeline.ts", ofPayment, `\n        .orderBy("id")`),
];
