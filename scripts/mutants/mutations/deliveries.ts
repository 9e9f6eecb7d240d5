import { drop, dropLink, dropLinks, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const guards = "test/storage/deliveries.test.ts";
const story = "test/stories/delivery.test.ts";

/** The notify chain: T6 claim, T7 finish, T8 sweep, hints. */
export const deliveryMutations: Mutation[] = [
  {
    name: "T6: a hint of another generation claims",
    at: "claim-generation",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T6: a hint of another attempt claims",
    at: "claim-attempt",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T6: an attempt is sent before its time",
    at: "claim-due",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T6: what is over is sent again",
    at: "claim-status",
    change: replace('$callee($1, "<>", "sending")'),
    tests: [story],
  },
  {
    name: "T6: a send begins while another one is under way",
    at: "claim-lease-over",
    change: replace('">"'),
    tests: [guards],
  },
  {
    name: "T6: an attempt whose sender has died is never sent again",
    at: "claim-sending",
    change: replace('"pending"'),
    tests: [guards],
  },
  {
    name: "T6: any number of sends to one endpoint are in flight",
    at: "claim-most-in-flight",
    change: replace("1_000_000"),
    tests: [guards],
  },
  {
    name: "T6: leases that are over hold their places",
    at: "claim-in-flight-lease",
    change: replace("new Date(0)"),
    tests: [guards],
  },
  {
    name: "T6: several claims at once find the same last place free",
    at: "claim-lock",
    change: drop,
    tests: [guards],
  },
  {
    name: "T6: a claim that an unanswered COMMIT has made is not recognised as one's own",
    at: "claim-repeated-commit",
    change: replace('""'),
    tests: ["test/storage/unique-keys.test.ts"],
  },
  {
    name: "T6: an endpoint that has answered 410 is told the next fact",
    at: "claim-held-endpoint",
    change: never,
    tests: [guards],
  },
  {
    name: "T6: a further fact counts as a resend, which a 410 does not hold",
    at: "resend-same-event",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T7: the outcome is recorded by who has lost the lease",
    at: "finish-delivery-lease",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T7: the outcome is written on another send of the attempt",
    at: "finish-delivery-send",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T8: two sweepers take the same row",
    at: "sweep-skips-locked",
    change: dropLinks(2),
    tests: [guards],
  },
  {
    name: "T8: one endpoint takes every place of a pass",
    at: "sweep-per-endpoint",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T8: what a hint is on the way to is hinted again",
    at: "sweep-hinted",
    change: replace('$callee($1, "is not", null)'),
    tests: [guards],
  },
  {
    name: "T8: what a dead sender has left is never taken",
    at: "sweep-dead-sender",
    change: drop,
    tests: [guards],
  },
  {
    name: "T8: what is not due is hinted",
    at: "sweep-due",
    change: drop,
    tests: [guards],
  },
  {
    name: "T8: hints that AWS did not take count as sent",
    at: "sweep-unmark-unsent",
    change: drop,
    tests: ["test/stories/outage-queue.test.ts"],
  },
  {
    name: "A free place is given to several at once",
    at: "place-skips-locked",
    change: dropLinks(2),
    tests: [guards],
  },
  {
    name: "A send begins too late to be recorded",
    at: "deliver-time-left",
    change: replace("0"),
    tests: [story],
  },
  {
    name: "A hint that comes early is lost instead of going on to its time",
    at: "deliver-early",
    change: drop,
    tests: [story],
  },
  {
    name: "A merchant that has answered 2xx is told again",
    at: "deliver-received",
    change: drop,
    tests: [story],
  },
  {
    name: "The attempts never end",
    at: "delivery-retries-end",
    change: replace("$0 ?? 1800"),
    tests: [story],
  },
  {
    name: "Only the first of a merchant's secrets signs",
    at: "notification-every-secret",
    change: replace("$this.slice(0, 1).map($1)"),
    tests: [story, "test/stories/secret-roll.test.ts"],
  },
  {
    name: "Redis: a lock is taken that somebody holds",
    at: "lock-not-held",
    change: drop,
    tests: ["test/cache/redis.test.ts"],
  },
  {
    name: "Redis: a lock is released that has become another's",
    at: "lock-release-own",
    change: replace("\"return redis.call('del', KEYS[1])\""),
    tests: ["test/cache/redis.test.ts"],
  },
  {
    name: "Redis: without it no notification is sent",
    at: "lock-without-redis",
    change: replace("null"),
    tests: ["test/cache/redis.test.ts"],
  },
  {
    name: "SQS: a delay is longer than AWS takes",
    at: "queue-longest-delay",
    change: replace("43_200"),
    tests: ["test/queue/hints.test.ts"],
  },
  {
    name: "SQS: a hint is sent before its time",
    at: "queue-delay-rounded-up",
    change: replace("Math.floor($1)"),
    tests: ["test/queue/hints.test.ts"],
  },
  {
    name: "SQS: a batch holds more than ten",
    at: "queue-batch-size",
    change: replace("11"),
    tests: ["test/queue/hints.test.ts"],
  },
  {
    name: "SQS: what AWS did not take of a batch counts as sent",
    at: "queue-batch-failed",
    change: replace("false"),
    tests: ["test/queue/hints.test.ts"],
  },
];
