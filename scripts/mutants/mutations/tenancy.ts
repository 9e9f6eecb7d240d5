import { always, type Change, drop, dropOperand, never, replace, within } from "../changes.ts";
import { everyMerchant } from "../every-merchant.ts";
import type { Mutation } from "../mutant.ts";

const kept = "test/storage/of-merchant.test.ts";
const statements = "test/stories/tenant-statements.test.ts";
const tenancy = "test/stories/tenancy.test.ts";
const indistinguishable = "test/stories/indistinguishable.test.ts";

/** What keeps a statement to its merchant. */
const narrowing = (what: string, at: string, change: Change, ...tests: string[]): Mutation => ({
  name: `A merchant's statement ${what}`,
  at: `narrowing-${at}`,
  change,
  tests: [kept, ...tests],
});

/** The wrong one of the two functions, where a file needs both. */
const forNobody = (name: string, at: string, ...tests: string[]): Mutation => ({
  name,
  at: `${at}-owner`,
  change: everyMerchant,
  tests,
});

export const tenancyMutations: Mutation[] = [
  narrowing("reads every merchant's rows", "select", dropOperand, indistinguishable),
  narrowing("changes every merchant's rows", "update", replace("$0.slice(1)"), statements),
  narrowing(
    "changes another merchant's rows in a second table",
    "update",
    replace("$0.slice(0, 1)"),
    statements,
  ),
  narrowing("deletes every merchant's rows", "delete", replace("[]")),
  narrowing("joins every merchant's rows", "join", drop, statements),
  narrowing("joins what it cannot keep to the merchant", "join-kind", never),
  narrowing("reaches past the merchant by an OR", "or", replace(`$callee\`\${$1}\``)),
  narrowing("writes rows of another merchant", "insert", replace('"1"')),
  narrowing("copies rows for another merchant", "copy", replace('{ ...$0, value: "1" } as never')),
  narrowing(
    "of an operator who names the merchant reads every merchant's rows",
    "operator",
    within("test", always),
  ),
  forNobody("A merchant's query finds another merchant's order", "query-order", indistinguishable),
  forNobody("A create finds another merchant's order by its number", "create-order", tenancy),
  forNobody(
    "A refund's webhook finds another merchant's order by its transaction",
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
    "T6: a hint of another merchant claims",
    "claim-read",
    "test/storage/deliveries.test.ts",
    tenancy,
  ),
  forNobody("T6 asks for no merchant", "claim", statements),
  forNobody("T7 asks for no merchant", "finish-delivery", statements),
  forNobody(
    "An operator's resend of one merchant's is of every merchant's",
    "resend",
    "test/ops/notifications.test.ts",
  ),
];
