import type { Mutant } from "../mutant.ts";

const kept = "test/storage/of-merchant.test.ts";
const statements = "test/stories/tenant-statements.test.ts";
const tenancy = "test/stories/tenancy.test.ts";
const indistinguishable = "test/stories/indistinguishable.test.ts";
const deliveries = "lib/storage/deliveries.ts";
const orders = "lib/storage/orders.ts";

/** What keeps a statement to its merchant. */
const narrowing = (what: string, from: string, to: string, ...tests: string[]): Mutant => ({
  name: `A merchant's statement ${what}`,
  file: "lib/storage/of-merchant.ts",
  from,
  to,
  tests: [kept, ...tests],
});

/** The wrong one of the two functions, where a file needs both. `before` and `after` say of which statement. */
const forNobody = (name: string, file: string, before: string, after: string, ...tests: string[]): Mutant => {
  const [, whose] = /\bofMerchant(\(\w+), /.exec(before)!;
  const from = before + after;
  return {
    name,
    file,
    from,
    to: before.replace(/ofMerchant\([^)]*\)/, `acrossMerchants${whose})`) + after,
    tests,
  };
};

export const tenancyGuards: Mutant[] = [
  narrowing(
    "reads every merchant's rows",
    "...this.#where(query.from?.froms ?? [], query.where)",
    "...this.#where([], query.where)",
    indistinguishable,
  ),
  narrowing(
    "changes every merchant's rows",
    "...this.#where(tables, query.where)",
    "...this.#where(tables.slice(1), query.where)",
    statements,
  ),
  narrowing(
    "changes another merchant's rows in a second table",
    "...this.#where(tables, query.where)",
    "...this.#where(tables.slice(0, 1), query.where)",
    statements,
  ),
  narrowing(
    "deletes every merchant's rows",
    "...this.#where(query.from.froms, query.where)",
    "...this.#where([], query.where)",
  ),
  narrowing(
    "joins every merchant's rows",
    "const on = this.#within([join.table], join.on?.on);",
    "const on = this.#within([], join.on?.on);",
    statements,
  ),
  narrowing(
    "joins what it cannot keep to the merchant",
    `if (join.joinType !== "InnerJoin" && join.joinType !== "LeftJoin")`,
    `if (join.joinType === "FullJoin")`,
  ),
  narrowing(
    "reaches past the merchant by an OR",
    `(\${new ExpressionWrapper(condition)})`,
    `\${new ExpressionWrapper(condition)}`,
  ),
  narrowing(
    "writes rows of another merchant",
    "PrimitiveValueListNode.create([...row.values, this.#userId])",
    `PrimitiveValueListNode.create([...row.values, "1"])`,
  ),
  narrowing(
    "copies rows for another merchant",
    "AliasNode.create(owner, ",
    `AliasNode.create(ValueNode.create("1"), `,
  ),
  narrowing(
    "of an operator who names the merchant reads every merchant's rows",
    "userId === undefined ? everyones(db)",
    `userId !== "" ? everyones(db)`,
  ),
  forNobody(
    "A merchant's query finds another merchant's order",
    orders,
    `ofMerchant(db, userId)\n    .selectFrom("payment_orders as o")`,
    "\n    .select(orderColumns.map((name)",
    indistinguishable,
  ),
  forNobody(
    "A create finds another merchant's order by its number",
    orders,
    `ofMerchant(db, userId)\n    .selectFrom("payment_orders as o")`,
    "\n    .innerJoin",
    tenancy,
  ),
  forNobody(
    "A refund's webhook finds another merchant's order by its transaction",
    orders,
    `ofMerchant(db, userId)\n    .selectFrom("payment_orders")`,
    "",
    statements,
  ),
  forNobody(
    "A merchant's list shows every merchant's payments",
    "lib/storage/list-payments.ts",
    "withNotifyStatus(ofMerchant(db, userId))",
    "",
    "test/stories/lists.test.ts",
  ),
  forNobody(
    "A merchant finds another merchant's refund",
    "lib/storage/refunds.ts",
    "const rows = ofMerchant(db, userId);",
    "",
    "test/stories/refund.test.ts",
  ),
  forNobody(
    "T6: a hint of another merchant claims",
    deliveries,
    `ofMerchant(trx, userId)\n    .selectFrom("notify_queue as n")`,
    "",
    "test/storage/deliveries.test.ts",
    tenancy,
  ),
  forNobody(
    "T6 asks for no merchant",
    deliveries,
    `ofMerchant(trx, userId)\n    .updateTable`,
    "",
    statements,
  ),
  forNobody("T7 asks for no merchant", deliveries, "ofMerchant(db, task.userId)", "", statements),
  forNobody(
    "An operator's resend of one merchant's is of every merchant's",
    "lib/storage/list-deliveries.ts",
    "ofMerchant(db, userId)",
    "",
    "test/ops/notifications.test.ts",
  ),
];
