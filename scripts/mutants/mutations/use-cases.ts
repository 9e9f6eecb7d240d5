import { always, drop, dropLink, dropOperand, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const anomalies = "test/stories/webhook-anomalies.test.ts";
const replay = "test/stories/create-replay.test.ts";
const capture = "test/stories/capture.test.ts";
const pollCount = "test/stories/poll.test.ts";

/** Decisions of use cases before and after their transactions. */
export const useCaseMutations: Mutation[] = [
  {
    name: "A sweep of which a job has failed reports success",
    at: "sweep-failure-thrown",
    change: drop,
    tests: ["test/ops/retention.test.ts"],
  },
  {
    name: "A repeated out_trade_no with other content returns the first order",
    at: "create-same-content",
    change: drop,
    tests: [replay],
  },
  {
    name: "A disabled merchant can create payments",
    at: "create-active-merchant",
    change: never,
    tests: ["test/stories/tenancy.test.ts"],
  },
  {
    name: "A notify_url that can never be reached is accepted",
    at: "create-notify-url",
    change: drop,
    tests: ["test/hostile/bad-input.test.ts"],
  },
  {
    name: "A create is repeated at the provider under another idempotency key",
    at: "create-provider-key",
    change: replace("crypto.randomUUID()"),
    tests: ["test/outage/create-interrupted.test.ts"],
  },
  {
    name: "A refusal that could not be stored is reported as final",
    at: "create-refusal-stored",
    change: never,
    tests: ["test/payments/final-refusal.test.ts"],
  },
  {
    name: "A capture whose outcome is unknown is repeated under a new capture key",
    at: "capture-key-stored",
    change: dropOperand,
    tests: [capture],
  },
  {
    name: "A payment that has expired or is being closed is captured",
    at: "capture-while-ending",
    change: replace('"capture"'),
    tests: [capture],
  },
  {
    name: "A payment that is in transit expires",
    at: "expiry-in-transit",
    change: dropOperand,
    tests: ["test/payments/poll-guards.test.ts"],
  },
  {
    name: "An expired payment is created at the provider after all",
    at: "create-after-expiry",
    change: drop,
    tests: ["test/payments/poll-guards.test.ts"],
  },
  {
    name: "A poll repeats a create after the provider has deleted its idempotency key",
    at: "create-key-expired",
    change: replace("false"),
    tests: ["test/outage/create-forgotten.test.ts"],
  },
  {
    name: "A repeated create request is sent to the provider after it has deleted the idempotency key",
    at: "replay-key-expired",
    change: drop,
    tests: ["test/outage/create-forgotten.test.ts"],
  },
  {
    name: "Every query of a merchant that queries often calls the provider",
    at: "query-refresh-gap",
    change: never,
    tests: [pollCount],
  },
  {
    name: "claimPoll: two wake-up messages for the same time poll the provider twice",
    at: "poll-claimed-once",
    change: dropLink,
    tests: ["test/payments/poll-guards.test.ts"],
  },
  {
    name: "A payment is polled before its poll is due",
    at: "wake-up-early",
    change: replace("$0 * 1e9"),
    tests: [pollCount],
  },
  {
    name: "A stale wake-up message is sent on for as long as the payment is open",
    at: "wake-up-current",
    change: replace("true"),
    tests: [pollCount],
  },
  {
    name: "A payment that contradicts its order raises no anomaly",
    at: "payment-mismatch-raised",
    change: dropOperand,
    tests: [anomalies],
  },
  {
    name: "A second payment raises no anomaly",
    at: "second-payment-raised",
    change: dropOperand,
    tests: [anomalies],
  },
  {
    name: "A late success raises no alarm",
    at: "late-success-alarm",
    change: drop,
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "An unrecognised provider event raises no alarm",
    at: "unrecognised-alarm",
    change: drop,
    tests: [anomalies],
  },
  {
    name: "The notification of a settled payment waits for the sweeper",
    at: "settle-wake-up",
    change: drop,
    tests: ["test/races/webhook-order.test.ts"],
  },
  {
    name: "A webhook that proves nothing does not trigger a fetch",
    at: "webhook-refetch-polled",
    change: drop,
    tests: [capture, "test/hostile/forged-events.test.ts"],
  },
  {
    name: "A close that the provider does not confirm is reported as closed",
    at: "close-confirmed",
    change: always,
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "A close request that cannot be carried out at once is lost",
    at: "close-request-stored",
    change: drop,
    tests: ["test/stories/close.test.ts"],
  },
];
