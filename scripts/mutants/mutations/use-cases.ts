import { always, drop, dropLink, dropOperand, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const anomalies = "test/stories/webhook-anomalies.test.ts";
const replay = "test/stories/create-replay.test.ts";
const capture = "test/stories/capture.test.ts";
const lookUps = "test/stories/look-up.test.ts";

/** What the use cases decide before and after the transactions. */
export const useCaseMutations: Mutation[] = [
  {
    name: "The same out_trade_no with other content is answered with the first order",
    at: "create-same-content",
    change: drop,
    tests: [replay],
  },
  {
    name: "A disabled merchant creates payments",
    at: "create-active-merchant",
    change: never,
    tests: ["test/stories/tenancy.test.ts"],
  },
  {
    name: "A notify_url to which nothing can be sent is taken",
    at: "create-notify-url",
    change: drop,
    tests: ["test/stories/bad-input.test.ts"],
  },
  {
    name: "A create is repeated at the provider under another key",
    at: "create-provider-key",
    change: replace("crypto.randomUUID()"),
    tests: ["test/stories/create-interrupted.test.ts"],
  },
  {
    name: "A refusal that could not be stored is told as final",
    at: "create-refusal-stored",
    change: never,
    tests: ["test/payment/final-refusal.test.ts"],
  },
  {
    name: "A capture whose outcome is unknown is repeated with another key of ours",
    at: "capture-key-stored",
    change: dropOperand,
    tests: [capture],
  },
  {
    name: "The money is taken of a payment that has expired or is to be closed",
    at: "capture-unwanted",
    change: dropOperand,
    tests: [capture],
  },
  {
    name: "A payment expires whose money the provider is on the way with",
    at: "expiry-provider-started",
    change: dropOperand,
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "A payment that has expired is made at the provider after all",
    at: "create-after-expiry",
    change: drop,
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "A look-up repeats a create whose key the provider has forgotten",
    at: "create-key-forgotten",
    change: replace("false"),
    tests: ["test/stories/create-forgotten.test.ts"],
  },
  {
    name: "The same create is repeated whose key the provider has forgotten",
    at: "replay-key-forgotten",
    change: drop,
    tests: ["test/stories/create-forgotten.test.ts"],
  },
  {
    name: "A merchant that queries often asks the provider each time",
    at: "query-look-up-gap",
    change: never,
    tests: [lookUps],
  },
  {
    name: "Two hints for one time ask the provider twice",
    at: "look-up-claimed-once",
    change: dropLink,
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "The provider is asked before the time has come",
    at: "recheck-early",
    change: replace("$0 * 1e9"),
    tests: [lookUps],
  },
  {
    name: "A hint that is left over goes on for as long as the payment does",
    at: "recheck-current-hint",
    change: replace("true"),
    tests: [lookUps],
  },
  {
    name: "A payment that contradicts its order is raised for nobody",
    at: "payment-mismatch-raised",
    change: dropOperand,
    tests: [anomalies],
  },
  {
    name: "A second payment is raised for nobody",
    at: "second-payment-raised",
    change: dropOperand,
    tests: [anomalies],
  },
  {
    name: "A success that comes late alarms nobody",
    at: "late-success-alarm",
    change: drop,
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "A word that we do not know alarms nobody",
    at: "unrecognised-alarm",
    change: drop,
    tests: [anomalies],
  },
  {
    name: "A settled payment's notification waits for the sweeper",
    at: "settle-hint",
    change: drop,
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "PayPal's word of a webhook is not followed by a question",
    at: "webhook-hint-asked",
    change: drop,
    tests: [capture, "test/stories/forged-events.test.ts"],
  },
  {
    name: "A close that the provider does not confirm is one",
    at: "close-confirmed",
    change: always,
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "A merchant's wish to close is forgotten when it cannot be done at once",
    at: "close-request-stored",
    change: drop,
    tests: ["test/stories/close.test.ts"],
  },
];
