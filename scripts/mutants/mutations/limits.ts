import { always, drop, dropLink, dropOperand, never, replace, within, words } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const ofProcess = { tests: ["test/unit/limits/buckets.test.ts"] };
const ofRedis = { tests: ["test/redis/shared-buckets.test.ts"] };
const story = ["test/stories/rate-limit.test.ts"];
const failures = { tests: ["test/unit/limits/failure-limit.test.ts"] };
const webhook = { tests: ["test/hostile/flood.test.ts"] };
const keys = { tests: ["test/unit/merchants/authenticate.test.ts"] };

/** Rate limits and failure limits. */
export const limitMutations: Mutation[] = [
  {
    name: "Limits: a process without Redis never refuses a request",
    at: "bucket-allowed",
    change: replace("$0 * 1e9"),
    ...ofProcess,
  },
  {
    name: "Limits: refused requests count too, so that a client that keeps retrying never gets through",
    at: "bucket-refused-not-owed",
    change: dropOperand,
    ...ofProcess,
  },
  {
    name: "Limits: peeking at a bucket counts as a request",
    at: "bucket-peek-not-owed",
    change: dropOperand,
    ...ofProcess,
  },
  {
    name: "Limits: a clock that is set back locks callers out for as long",
    at: "bucket-most-owed",
    change: replace("$1"),
    ...ofProcess,
  },
  {
    name: "Limits: idle time accumulates into a burst larger than one minute's requests",
    at: "bucket-nothing-saved",
    change: replace("$1"),
    ...ofProcess,
  },
  {
    name: "Limits: active callers are evicted from memory before idle ones",
    at: "bucket-renewed",
    change: drop,
    ...ofProcess,
  },
  {
    name: "Limits: the number of buckets in memory is unlimited",
    at: "bucket-most-names",
    change: replace("$0 * 1e6"),
    ...ofProcess,
  },
  {
    name: "Limits: Redis never refuses a request",
    at: "shared-bucket-full",
    change: words(3, "false"),
    ...ofRedis,
  },
  {
    name: "Limits: an absurd number stored in Redis locks a merchant out",
    at: "shared-bucket-bound",
    change: words(3, "true"),
    ...ofRedis,
  },
  {
    name: "Limits: a stored value that is not a number escapes the bound in Redis",
    at: "shared-bucket-bound",
    change: words(3, "not ($1 > $3)"),
    ...ofRedis,
  },
  {
    name: "Limits: in Redis, idle time accumulates into a burst larger than one minute's requests",
    at: "shared-bucket-nothing-saved",
    change: words(5, "$1 $2 $3, $1 $2 $3"),
    ...ofRedis,
  },
  {
    name: "Limits: a Redis key of another type causes an error",
    at: "shared-bucket-key-type",
    change: words(1, "redis.call"),
    ...ofRedis,
  },
  {
    name: "Limits: keys in Redis never expire",
    at: "shared-bucket-expiry",
    change: words(5),
    ...ofRedis,
  },
  {
    name: "Limits: refunds and other requests share one bucket",
    at: "shared-bucket-name",
    change: replace('$0 && "calls"'),
    ...ofRedis,
  },
  {
    name: "Limits: refunds get the full rate limit instead of their share",
    at: "refund-limit-share",
    change: replace("$0 - 4"),
    tests: story,
  },
  {
    name: "Limits: a merchant with a very low rate limit can make no refunds",
    at: "refund-limit-rounded-up",
    change: replace("Math.floor($1)"),
    tests: story,
  },
  {
    name: "Limits: nothing is limited while Redis is down",
    at: "limit-without-redis",
    change: replace("$callee($1, $2, true)"),
    tests: story,
  },
  {
    name: "Limits: Retry-After is too short",
    at: "retry-after-rounded-up",
    change: replace("Math.floor($1)"),
    tests: ofProcess.tests,
  },
  {
    name: "Limits: the reset time in the response is too early",
    at: "limit-reset-rounded-up",
    change: replace("Math.floor($1)"),
    tests: ofProcess.tests,
  },
  {
    name: "Limits: a request over the limit is executed",
    at: "limit-refuses",
    change: within("test", always),
    tests: story,
  },
  {
    name: "Limits: a failed request lacks the rate limit headers",
    at: "limit-failure-headers",
    change: dropLink,
    tests: story,
  },
  {
    name: "Limits: the limit that an operator sets is ignored",
    at: "limit-of-merchant",
    change: replace("$0 && 100"),
    tests: story,
  },
  {
    name: "Limits: a rate limit of 0 can be written to the database",
    at: "rate-limit-positive",
    change: words(2),
    tests: story,
  },
  {
    name: "Failures: wrong API keys from one address lock out all addresses",
    at: "key-failures-source",
    change: replace('""'),
    tests: webhook.tests,
  },
  {
    name: "Failures: the number of database queries for made-up API keys is unlimited",
    at: "key-failures-most",
    change: replace("$0 * 1000"),
    ...keys,
  },
  {
    name: "Failures: a cached valid key is locked out by wrong keys from the same address",
    at: "key-failures-cached",
    change: dropOperand,
    ...keys,
  },
  {
    name: "Failures: a database outage counts against the caller",
    at: "failures-counted-kinds",
    change: dropOperand,
    ...failures,
  },
  {
    name: "Failures: a caller over the failure limit is not refused",
    at: "failures-refuse",
    change: never,
    ...failures,
  },
  {
    name: "Failures: successful requests count as failures",
    at: "failures-peek",
    change: drop,
    ...failures,
  },
  {
    name: "Failures: one config's wrong secret locks out all webhooks from the provider's address",
    at: "webhook-failures-of-config",
    change: replace("4 * $0"),
    ...webhook,
  },
  {
    name: "Failures: one address may try one config after another",
    at: "webhook-failures-of-address",
    change: drop,
    ...webhook,
  },
  {
    name: "Failures: forged webhooks from one address lock out a config's genuine webhooks",
    at: "webhook-failures-source",
    change: replace('""'),
    ...webhook,
  },
  {
    name: "Failures: every address of one IPv6 network gets a failure limit of its own",
    at: "webhook-source-network",
    change: replace("$1"),
    tests: ["test/hostile/flood.test.ts"],
  },
];
