import { always, type Change, drop, dropOperand, never, replace, within } from "../changes.ts";
import { everyMerchant } from "../every-merchant.ts";
import type { Mutation } from "../mutant.ts";

const stored = "test/storage/of-merchant.test.ts";
const statements = "test/hostile/tenant-statements.test.ts";
const tenancy = "test/stories/tenancy.test.ts";
const indistinguishable = "test/hostile/indistinguishable.test.ts";

/** The query transformer that restricts a statement to one merchant. */
const narrowing = (what: string, at: string, change: Change, ...tests: string[]): Mutation => ({
  name: `ofMerchant: ${what}`,
  at: `narrowing-${at}`,
  change,
  tests: [stored, ...tests],
});

/** A query that runs across merchants where it must be restricted to one. */
const forNobody = (name: string, at: string, ...tests: string[]): Mutation => ({
  name,
  at: `${at}-owner`,
  change: everyMerchant,
  tests,
});

export const tenancyMutations: Mutation[] = [
  narrowing("a SELECT reads every merchant's rows", "select", dropOperand, indistinguishable),
  narrowing("an UPDATE changes every merchant's rows", "update", replace("$0.slice(1)"), statements),
  narrowing(
    "a multi-table UPDATE changes another merchant's rows in the second table",
    "update",
    replace("$0.slice(0, 1)"),
    statements,
  ),
  narrowing("a DELETE deletes every merchant's rows", "delete", replace("[]")),
  narrowing("a JOIN reads every merchant's rows", "join", drop, statements),
  narrowing("a kind of join that cannot be restricted to the merchant is accepted", "join-kind", never),
  narrowing(
    "an OR in a condition escapes the restriction to the merchant",
    "or",
    replace(`$callee\`\${$1}\``),
  ),
  narrowing("an INSERT writes rows of another merchant", "insert", replace('"1"')),
  narrowing(
    "an INSERT … SELECT copies rows to another merchant",
    "copy",
    replace('{ ...$0, value: "1" } as never'),
  ),
  narrowing(
    "an operator's query for one merchant reads every merchant's rows",
    "operator",
    within("test", always),
  ),
  forNobody("A merchant's query finds another merchant's order", "query-order", indistinguishable),
  forNobody("A create finds another merchant's order by its out_trade_no", "create-order", tenancy),
  forNobody(
    "A refund webhook finds another merchant's order by its transaction",
    "refund-webhook",
    statements,
  ),
  forNobody(
    "A merchant's list shows every merchant's payments",
    "list-payments",
    "test/stories/lists.test.ts",
  ),
  forNobody("A merchant finds another merchant's refund", "refund", "test/stories/refund.test.ts"),
  forNobody(
    "claimDelivery: a wake-up message of another merchant claims the delivery",
    "claim-read",
    "test/storage/deliveries.test.ts",
    tenancy,
  ),
  forNobody("claimDelivery: the update is not restricted to the merchant", "claim", statements),
  forNobody("finishDelivery: the update is not restricted to the merchant", "finish-delivery", statements),
  forNobody(
    "An operator's resend for one merchant resends every merchant's notifications",
    "resend",
    "test/ops/notifications.test.ts",
  ),
];
