import { dropLink, dropOperand, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const guards = "test/storage/deliveries.test.ts";
const again = "test/stories/resend.test.ts";

/** Resends of a notification, and its first send, which happens only once. */
export const resendMutations: Mutation[] = [
  {
    name: "claimDelivery: a resend is held back when its endpoint has answered 410",
    at: "claim-held-resend",
    change: dropOperand,
    tests: [guards],
  },
  {
    name: "A resend leaves the older series running",
    at: "resend-supersedes",
    change: dropLink,
    tests: [again],
  },
  {
    name: "A resend gets a new webhook-id",
    at: "resend-event-id",
    change: replace(
      '[...$1.1.slice(0, 4), $2.this.this.fn<string>("UUID").as("event_id"), ...$1.1.slice(5), $2]',
    ),
    tests: [again],
  },
  {
    name: "Of two concurrent resends, one fails",
    at: "resend-at-once",
    change: replace('"another_key"'),
    tests: [again],
  },
  {
    name: "A resend sends the latest event instead of the requested one",
    at: "resend-named-event",
    change: dropLink,
    tests: [again],
  },
  {
    name: "An outcome that happens again (success, failed, success) causes an error",
    at: "notification-once",
    change: replace('"another_key"'),
    tests: ["test/payments/refund-guards.test.ts"],
  },
];
