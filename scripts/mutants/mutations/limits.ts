import { always, drop, dropLink, dropOperand, never, replace, within, words } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const ofProcess = { tests: ["test/merchant/buckets.test.ts"] };
const ofRedis = { tests: ["test/cache/shared-buckets.test.ts"] };
const story = ["test/stories/rate-limit.test.ts"];
const failures = { tests: ["test/merchant/failure-limit.test.ts"] };
const webhook = { tests: ["test/stories/flood.test.ts"] };
const keys = { tests: ["test/merchant/authenticate.test.ts"] };

/** Limits of calls and of failures. */
export const limitMutations: Mutation[] = [
  {
    name: "Limits: a process by itself refuses nobody",
    at: "bucket-allowed",
    change: replace("$0 * 1e9"),
    ...ofProcess,
  },
  {
    name: "Limits: a refused call is owed, so that who keeps asking waits for ever",
    at: "bucket-refused-not-owed",
    change: dropOperand,
    ...ofProcess,
  },
  {
    name: "Limits: to look at a count is to be counted",
    at: "bucket-look-not-owed",
    change: dropOperand,
    ...ofProcess,
  },
  {
    name: "Limits: a clock that goes back keeps callers out for as long",
    at: "bucket-most-owed",
    change: replace("$1"),
    ...ofProcess,
  },
  {
    name: "Limits: who has not called for a while may make more calls at once than a minute's",
    at: "bucket-nothing-saved",
    change: replace("$1"),
    ...ofProcess,
  },
  {
    name: "Limits: who keeps asking is forgotten before those who do not",
    at: "bucket-renewed",
    change: drop,
    ...ofProcess,
  },
  {
    name: "Limits: names fill the memory",
    at: "bucket-most-names",
    change: replace("$0 * 1e6"),
    ...ofProcess,
  },
  {
    name: "Limits: Redis refuses nobody",
    at: "shared-bucket-full",
    change: words(3, "false"),
    ...ofRedis,
  },
  {
    name: "Limits: a strange number in Redis keeps a merchant out",
    at: "shared-bucket-bound",
    change: words(3, "true"),
    ...ofRedis,
  },
  {
    name: "Limits: what is no number in Redis gets past the bound",
    at: "shared-bucket-bound",
    change: words(3, "not ($1 > $3)"),
    ...ofRedis,
  },
  {
    name: "Limits: in Redis, who has not called for a while may make more calls at once than a minute's",
    at: "shared-bucket-nothing-saved",
    change: words(5, "$1 $2 $3, $1 $2 $3"),
    ...ofRedis,
  },
  {
    name: "Limits: a key of another type in Redis is an error",
    at: "shared-bucket-key-type",
    change: words(1, "redis.call"),
    ...ofRedis,
  },
  {
    name: "Limits: keys stay in Redis for ever",
    at: "shared-bucket-expiry",
    change: words(5),
    ...ofRedis,
  },
  {
    name: "Limits: refunds and other calls share one count",
    at: "shared-bucket-name",
    change: replace('$0 && "calls"'),
    ...ofRedis,
  },
  {
    name: "Limits: refunds have as many calls a minute as all else",
    at: "refund-limit-share",
    change: replace("$0 - 4"),
    tests: story,
  },
  {
    name: "Limits: a merchant with few calls a minute can refund nothing",
    at: "refund-limit-rounded-up",
    change: replace("Math.floor($1)"),
    tests: story,
  },
  {
    name: "Limits: there are none without Redis",
    at: "limit-without-redis",
    change: replace("$callee($1, $2, true)"),
    tests: story,
  },
  {
    name: "Limits: Retry-After is too early",
    at: "retry-after-rounded-up",
    change: replace("Math.floor($1)"),
    tests: ofProcess.tests,
  },
  {
    name: "Limits: the reset that is told is too early",
    at: "limit-reset-rounded-up",
    change: replace("Math.floor($1)"),
    tests: ofProcess.tests,
  },
  {
    name: "Limits: a call that is refused is made",
    at: "limit-refuses",
    change: within("test", always),
    tests: story,
  },
  {
    name: "Limits: a call that fails is not told what is left",
    at: "limit-failure-headers",
    change: dropLink,
    tests: story,
  },
  {
    name: "Limits: what an operator sets is not read",
    at: "limit-of-merchant",
    change: replace("$0 && 100"),
    tests: story,
  },
  {
    name: "Limits: 0 calls a minute may be set by hand",
    at: "rate-limit-positive",
    change: words(2),
    tests: story,
  },
  {
    name: "Failures: wrong keys from anywhere shut out everybody",
    at: "key-failures-source",
    change: replace('""'),
    tests: webhook.tests,
  },
  {
    name: "Failures: made-up keys are looked for without end",
    at: "key-failures-most",
    change: replace("$0 * 1000"),
    ...keys,
  },
  {
    name: "Failures: a key in use is shut out by its neighbour's wrong ones",
    at: "key-failures-remembered",
    change: dropOperand,
    ...keys,
  },
  {
    name: "Failures: a database that is away counts against who calls",
    at: "failures-counted-kinds",
    change: dropOperand,
    ...failures,
  },
  {
    name: "Failures: nobody is refused",
    at: "failures-refuse",
    change: never,
    ...failures,
  },
  {
    name: "Failures: who succeeds is counted too",
    at: "failures-only-look",
    change: drop,
    ...failures,
  },
  {
    name: "Failures: one config's wrong secret shuts out all that come from its provider's address",
    at: "webhook-failures-of-config",
    change: replace("4 * $0"),
    ...webhook,
  },
  {
    name: "Failures: an address may try one config after another",
    at: "webhook-failures-of-address",
    change: drop,
    ...webhook,
  },
  {
    name: "Failures: forgeries from anywhere shut out a config's true webhooks",
    at: "webhook-failures-source",
    change: replace('""'),
    ...webhook,
  },
  {
    name: "Whoever has an IPv6 network fails as often as it has addresses",
    at: "webhook-source-network",
    change: replace("$1"),
    tests: ["test/stories/flood.test.ts"],
  },
];
