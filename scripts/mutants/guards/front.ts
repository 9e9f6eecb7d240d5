import type { Mutant } from "../mutant.ts";

const body = { file: "lib/http/json-body.ts", tests: ["test/stories/every-body.test.ts"] };
const everyRoute = ["test/stories/every-route.test.ts"];
const everyBody = ["test/stories/every-body.test.ts"];
const health = { file: "lib/health.ts", tests: ["test/stories/health.test.ts"] };

/** What every route has in front of it: bodies that are refused unread, headers, failures without internals, health. */
export const frontGuards: Mutant[] = [
  { name: "A body of any size is read", ...body, from: "body.length > longestBytes", to: "body.length < 0" },
  { name: "A body of any depth is read", ...body, from: "open.length > deepest", to: "open.length < 0" },
  { name: "A name may stand twice", ...body, from: "if (names?.has(key))", to: 'if (key === "")' },
  { name: "__proto__ is a name", ...body, from: 'if (key === "__proto__")', to: 'if (key === "")' },
  {
    name: "What API Gateway has replaced is taken for what was sent",
    ...body,
    from: "if (!text.includes(replaced)) return withoutByteOrderMark(text);",
    to: "return withoutByteOrderMark(text);",
  },
  {
    name: "A body of any type is taken for JSON",
    file: "lib/http/json-content.ts",
    from: 'if (name.toLowerCase() !== "application/json") return',
    to: 'if (name === "never") return',
    tests: everyBody,
  },
  {
    name: "What is said twice, in the path and elsewhere, is hidden",
    file: "lib/http/read-wanted.ts",
    from: "parsed.success && twice.length === 0",
    to: "parsed.success",
    tests: everyBody,
  },
  {
    name: "A query that a route does not want is not looked at",
    file: "lib/http/read-wanted.ts",
    from: "return event.queryStringParameters ?? {};",
    to: 'return contract.from === "query" ? (event.queryStringParameters ?? {}) : {};',
    tests: everyBody,
  },
  {
    name: "Answers have no safe headers",
    file: "lib/http/endpoint.ts",
    from: "{ ...alwaysHeaders(requestId), ...answer.headers }",
    to: '{ "x-request-id": requestId, ...answer.headers }',
    tests: everyRoute,
  },
  {
    name: "Answers do not say which call they are to",
    file: "lib/http/always-headers.ts",
    from: 'return { ...onEveryAnswer, "x-request-id": requestId };',
    to: 'return { ...onEveryAnswer, "x-request-id": requestId.slice(1) };',
    tests: everyRoute,
  },
  {
    name: "Whoever calls is told what has gone wrong inside",
    file: "lib/http/failure-of.ts",
    from: `"an internal error: send the same request again, or report the request_id",`,
    to: "String(error),",
    tests: everyRoute,
  },
  {
    name: "A call whose line cannot be written is not answered",
    file: "lib/http/endpoint.ts",
    from: 'log.alarm("call not logged", nameOf(error));',
    to: 'log.alarm("call not logged", nameOf(error));\n    throw error;',
    tests: everyRoute,
  },
  {
    name: "Any page may read an answer",
    file: "lib/http/cors-headers.ts",
    from: "origin !== undefined && allowed.includes(origin)",
    to: "origin !== undefined",
    tests: ["test/http/openapi.test.ts"],
  },
  {
    name: "WeChat Pay is told of failures in our words",
    file: "lib/providers/registry.ts",
    from: 'refusal: (message) => ({ code: "FAIL", message }),',
    to: "",
    tests: everyRoute,
  },
  {
    name: "A webhook of any size is verified",
    file: "lib/payment/hear-webhook.ts",
    from: "call.body.length > longestBytes",
    to: "call.body.length > 9 * longestBytes",
    tests: everyRoute,
  },
  { name: "Health: each who asks is a check", ...health, from: "age >= cachedMs", to: "age >= 0" },
  { name: "Health: what was said once is said for ever", ...health, from: "age >= cachedMs", to: "age < 0" },
  {
    name: "Health: a clock that is set back keeps an old answer",
    ...health,
    from: "age < 0 || ",
    to: "",
  },
  {
    name: "Health: what is silent is waited for",
    ...health,
    from: "silentMs = 3_000",
    to: "silentMs = 300_000",
  },
  {
    name: "Health: all is well without the cache",
    ...health,
    from: "database && cache && queue",
    to: "database && queue",
  },
];
