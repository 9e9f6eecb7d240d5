import { drop, dropLink, dropLinks, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const guards = "test/storage/deliveries.test.ts";
const story = "test/stories/delivery.test.ts";

/** Deliveries of notifications: claimDelivery, finishDelivery, sweep, wake-up messages. */
export const deliveryMutations: Mutation[] = [
  {
    name: "claimDelivery: a wake-up message of another generation claims the delivery",
    at: "claim-generation",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "claimDelivery: a wake-up message of another attempt claims the delivery",
    at: "claim-attempt",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "claimDelivery: an attempt is sent before it is due",
    at: "claim-due",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "claimDelivery: a delivery that has ended is sent again",
    at: "claim-status",
    change: replace('$callee($1, "<>", "sending")'),
    tests: [story],
  },
  {
    name: "claimDelivery: a second send starts while one is under way",
    at: "claim-lease-over",
    change: replace('">"'),
    tests: [guards],
  },
  {
    name: "claimDelivery: an attempt whose sender died is never sent again",
    at: "claim-sending",
    change: replace('"pending"'),
    tests: [guards],
  },
  {
    name: "claimDelivery: the number of concurrent sends to one endpoint is unlimited",
    at: "claim-most-in-flight",
    change: replace("1_000_000"),
    tests: [guards],
  },
  {
    name: "claimDelivery: sends with an expired lease still count as in flight",
    at: "claim-in-flight-lease",
    change: replace("new Date(0)"),
    tests: [guards],
  },
  {
    name: "claimDelivery: concurrent claims exceed the limit of sends to one endpoint",
    at: "claim-lock",
    change: drop,
    tests: [guards],
  },
  {
    name: "claimDelivery: a claim whose COMMIT was not confirmed is not recognised as the caller's own",
    at: "claim-repeated-commit",
    change: replace('""'),
    tests: ["test/storage/unique-keys.test.ts"],
  },
  {
    name: "claimDelivery: an endpoint that answered 410 still receives the next event",
    at: "claim-held-endpoint",
    change: never,
    tests: [guards],
  },
  {
    name: "claimDelivery: a further event counts as a resend, which a 410 does not hold back",
    at: "resend-same-event",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "finishDelivery: a caller that has lost its lease records the outcome",
    at: "finish-delivery-lease",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "finishDelivery: the outcome is recorded on another try of the same attempt",
    at: "finish-delivery-send",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "sweep: two sweepers take the same delivery",
    at: "sweep-skips-locked",
    change: dropLinks(2),
    tests: [guards],
  },
  {
    name: "sweep: one endpoint takes every place of a pass",
    at: "sweep-per-endpoint",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "sweep: a second wake-up message is sent while the first is on its way",
    at: "sweep-woken",
    change: replace('$callee($1, "is not", null)'),
    tests: [guards],
  },
  {
    name: "sweep: a delivery whose sender died is never taken",
    at: "sweep-dead-sender",
    change: drop,
    tests: [guards],
  },
  {
    name: "sweep: a wake-up message is sent for a delivery that is not due",
    at: "sweep-due",
    change: drop,
    tests: [guards],
  },
  {
    name: "sweep: wake-up messages that SQS did not accept count as sent",
    at: "sweep-unmark-unsent",
    change: drop,
    tests: ["test/outage/queue.test.ts"],
  },
  {
    name: "nextDue: several finished sends wake the same waiting delivery",
    at: "place-skips-locked",
    change: dropLinks(2),
    tests: [guards],
  },
  {
    name: "A send starts with too little time left to record its outcome",
    at: "deliver-time-left",
    change: replace("0"),
    tests: [story],
  },
  {
    name: "A wake-up message that arrives early is dropped instead of being delayed until it is due",
    at: "deliver-early",
    change: drop,
    tests: [story],
  },
  {
    name: "A notification is sent again after the merchant answered 2xx",
    at: "deliver-received",
    change: drop,
    tests: [story],
  },
  {
    name: "A delivery is retried forever",
    at: "delivery-retries-end",
    change: replace("$0 ?? 1800"),
    tests: [story],
  },
  {
    name: "A notification is signed with the first of the merchant's secrets only",
    at: "notification-every-secret",
    change: replace("$this.slice(0, 1).map($1)"),
    tests: [story, "test/stories/secret-roll.test.ts"],
  },
  {
    name: "Redis: a lock that is held is granted again",
    at: "lock-not-held",
    change: drop,
    tests: ["test/redis/redis.test.ts"],
  },
  {
    name: "Redis: releasing an expired lock deletes the next holder's lock",
    at: "lock-release-own",
    change: replace("\"return redis.call('del', KEYS[1])\""),
    tests: ["test/redis/redis.test.ts"],
  },
  {
    name: "Redis: no notification is sent while Redis is down",
    at: "lock-without-redis",
    change: replace("null"),
    tests: ["test/redis/redis.test.ts"],
  },
  {
    name: "SQS: a delay exceeds SQS's maximum",
    at: "queue-longest-delay",
    change: replace("43_200"),
    tests: ["test/queue/wake-up-queue.test.ts"],
  },
  {
    name: "SQS: a message becomes visible before it is due",
    at: "queue-delay-rounded-up",
    change: replace("Math.floor($1)"),
    tests: ["test/queue/wake-up-queue.test.ts"],
  },
  {
    name: "SQS: a batch has more than ten messages",
    at: "queue-batch-size",
    change: replace("11"),
    tests: ["test/queue/wake-up-queue.test.ts"],
  },
  {
    name: "SQS: messages of a batch that SQS did not accept count as sent",
    at: "queue-batch-failed",
    change: replace("false"),
    tests: ["test/queue/wake-up-queue.test.ts"],
  },
];
