import { dropLink, dropOperand, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const guards = "test/storage/deliveries.test.ts";
const again = "test/stories/resend.test.ts";

/** Telling a fact again, and only once the first time. */
export const resendMutations: Mutation[] = [
  {
    name: "T6: a resend is held where its endpoint has answered 410",
    at: "claim-held-resend",
    change: dropOperand,
    tests: [guards],
  },
  {
    name: "A resend leaves the older series going",
    at: "resend-supersedes",
    change: dropLink,
    tests: [again],
  },
  {
    name: "A resend has another webhook-id",
    at: "resend-event-id",
    change: replace(
      '[...$1.1.slice(0, 4), $2.this.this.fn<string>("UUID").as("event_id"), ...$1.1.slice(5), $2]',
    ),
    tests: [again],
  },
  {
    name: "Two resends at once are an error for one of them",
    at: "resend-at-once",
    change: replace('"another_key"'),
    tests: [again],
  },
  {
    name: "A resend tells the last event, whichever was named",
    at: "resend-named-event",
    change: dropLink,
    tests: [again],
  },
  {
    name: "A fact that was told already is an error",
    at: "notification-once",
    change: replace('"another_key"'),
    tests: ["test/refund/refund-guards.test.ts"],
  },
];
