import type { Mutant } from "../mutant.ts";

const ofProcess = { file: "lib/merchant/buckets.ts", tests: ["test/merchant/buckets.test.ts"] };
const ofRedis = { file: "lib/cache/shared-buckets.ts", tests: ["test/cache/shared-buckets.test.ts"] };
const rateLimit = "lib/merchant/rate-limit.ts";
const endpoint = "lib/http/endpoint.ts";
const quota = "lib/http/within-quota.ts";
const story = ["test/stories/rate-limit.test.ts"];
const failures = { file: "lib/merchant/failure-limit.ts", tests: ["test/merchant/failure-limit.test.ts"] };
const webhook = { file: "lib/http/provider-webhook.ts", tests: ["test/stories/flood.test.ts"] };
const keys = { file: "lib/merchant/authenticate.ts", tests: ["test/merchant/authenticate.test.ts"] };

/** Limits of calls and of failures. */
export const limitGuards: Mutant[] = [
  {
    name: "Limits: a process by itself refuses nobody",
    ...ofProcess,
    from: "const allowed = owed <= windowUs(perMinute);",
    to: "const allowed = owed <= windowUs(perMinute) * 1e9;",
  },
  {
    name: "Limits: a refused call is owed, so that who keeps asking waits for ever",
    ...ofProcess,
    from: "allowed && !onlyLook ? owed : debtUs",
    to: "!onlyLook ? owed : debtUs",
  },
  {
    name: "Limits: to look at a count is to be counted",
    ...ofProcess,
    from: "allowed && !onlyLook ? owed : debtUs",
    to: "allowed ? owed : debtUs",
  },
  {
    name: "Limits: a clock that goes back keeps callers out for as long",
    ...ofProcess,
    from: "Math.min(Math.max((freeAt.get(name) ?? now) - now, 0), windowUs(perMinute))",
    to: "Math.max((freeAt.get(name) ?? now) - now, 0)",
  },
  {
    name: "Limits: who has not called for a while may make more calls at once than a minute's",
    ...ofProcess,
    from: "Math.max((freeAt.get(name) ?? now) - now, 0)",
    to: "(freeAt.get(name) ?? now) - now",
  },
  {
    name: "Limits: who keeps asking is forgotten before those who do not",
    ...ofProcess,
    from: "freeAt.delete(name);",
    to: "",
  },
  {
    name: "Limits: names fill the memory",
    ...ofProcess,
    from: "if (freeAt.size > most)",
    to: "if (freeAt.size > most * 1e6)",
  },
  {
    name: "Limits: Redis refuses nobody",
    ...ofRedis,
    from: "if owed > window then",
    to: "if owed > window * 1000 then",
  },
  {
    name: "Limits: a strange number in Redis keeps a merchant out",
    ...ofRedis,
    from: "if not (debt <= window) then debt = window end",
    to: "",
  },
  {
    name: "Limits: what is no number in Redis gets past the bound",
    ...ofRedis,
    from: "if not (debt <= window) then",
    to: "if debt > window then",
  },
  {
    name: "Limits: in Redis, who has not called for a while may make more calls at once than a minute's",
    ...ofRedis,
    from: "math.max(freeAt - now, 0)",
    to: "(freeAt - now)",
  },
  {
    name: "Limits: a key of another type in Redis is an error",
    ...ofRedis,
    from: "redis.pcall('get'",
    to: "redis.call('get'",
  },
  {
    name: "Limits: keys stay in Redis for ever",
    ...ofRedis,
    from: ", 'px', math.ceil(owed / 1000))",
    to: ")",
  },
  {
    name: "Limits: refunds and other calls share one count",
    ...ofRedis,
    from: "redisKey(prefix, userId, name)",
    to: `redisKey(prefix, userId, name && "calls")`,
  },
  {
    name: "Limits: refunds have as many calls a minute as all else",
    file: rateLimit,
    from: `kind === "refunds" ? Math.ceil(calls / refundShare) : calls`,
    to: `kind === "refunds" ? Math.ceil(calls / (refundShare - 4)) : calls`,
    tests: story,
  },
  {
    name: "Limits: a merchant with few calls a minute can refund nothing",
    file: rateLimit,
    from: "Math.ceil(calls / refundShare)",
    to: "Math.floor(calls / refundShare)",
    tests: story,
  },
  {
    name: "Limits: there are none without Redis",
    file: rateLimit,
    from: "kind}`, perMinute)",
    to: "kind}`, perMinute, true)",
    tests: story,
  },
  {
    name: "Limits: Retry-After is too early",
    file: rateLimit,
    from: "Math.ceil((intervalUs(perMinute) - freeUs) / 1_000_000)",
    to: "Math.floor((intervalUs(perMinute) - freeUs) / 1_000_000)",
    tests: ofProcess.tests,
  },
  {
    name: "Limits: the reset that is told is too early",
    file: rateLimit,
    from: "Math.ceil(debtUs / 1_000_000)",
    to: "Math.floor(debtUs / 1_000_000)",
    tests: ofProcess.tests,
  },
  {
    name: "Limits: a call that is refused is made",
    file: quota,
    from: "retryAfterSeconds === null\n",
    to: "retryAfterSeconds === null || limit > 0\n",
    tests: story,
  },
  {
    name: "Limits: a call that fails is not told what is left",
    file: quota,
    from: "await answer().catch((error) => failed(failureOf(error), requestId))",
    to: "await answer()",
    tests: story,
  },
  {
    name: "Limits: what an operator sets is not read",
    file: "lib/storage/merchants.ts",
    from: "          rateLimit: row.rate_limit,\n          notifyUrl",
    to: "          rateLimit: row.rate_limit && 100,\n          notifyUrl",
    tests: story,
  },
  {
    name: "Limits: 0 calls a minute may be set by hand",
    file: "lib/storage/migrations/0001-schema.ts",
    from: " CHECK (rate_limit > 0)",
    to: "",
    tests: story,
  },
  {
    name: "Failures: wrong keys from anywhere shut out everybody",
    file: endpoint,
    from: "sourceNetwork(http.sourceIp),",
    to: `"",`,
    tests: webhook.tests,
  },
  {
    name: "Failures: made-up keys are looked for without end",
    ...keys,
    from: "strangers({ [source]: mostFailures },",
    to: "strangers({ [source]: mostFailures * 1000 },",
  },
  {
    name: "Failures: a key in use is shut out by its neighbour's wrong ones",
    ...keys,
    from: "remembered(text) ?? (await strangers({ [source]: mostFailures }, () => admit(text)))",
    to: "await strangers({ [source]: mostFailures }, async () => remembered(text) ?? admit(text))",
  },
  {
    name: "Failures: a database that is away counts against who calls",
    ...failures,
    from: "error instanceof GatewayError && counted.includes(error.failure)",
    to: "error instanceof GatewayError && counted.length > 0",
  },
  {
    name: "Failures: nobody is refused",
    ...failures,
    from: "if (retryAfterSeconds !== null) throw",
    to: "if (retryAfterSeconds !== null && perMinute < 0) throw",
  },
  {
    name: "Failures: who succeeds is counted too",
    ...failures,
    from: "failures.take(name, perMinute, true)",
    to: "failures.take(name, perMinute)",
  },
  {
    name: "Failures: one config's wrong secret shuts out all that come from its provider's address",
    ...webhook,
    from: "]: mostFailures.ofConfig,",
    to: "]: mostFailures.ofAddress,",
  },
  {
    name: "Failures: an address may try one config after another",
    ...webhook,
    from: "[source]: mostFailures.ofAddress,",
    to: "",
  },
  {
    name: "Failures: forgeries from anywhere shut out a config's true webhooks",
    ...webhook,
    from: "source} ${configId",
    to: "source && 0} ${configId",
  },
  {
    name: "Whoever has an IPv6 network fails as often as it has addresses",
    file: "lib/http/provider-webhook.ts",
    from: "sourceNetwork(event.requestContext.http.sourceIp)",
    to: "event.requestContext.http.sourceIp",
    tests: ["test/stories/flood.test.ts"],
  },
];
