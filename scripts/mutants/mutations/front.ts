import { always, drop, dropOperand, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const body = { tests: ["test/stories/every-body.test.ts"] };
const everyRoute = ["test/stories/every-route.test.ts"];
const everyBody = ["test/stories/every-body.test.ts"];
const health = { tests: ["test/stories/health.test.ts"] };

/** What every route has in front of it: bodies that are refused unread, headers, failures without internals, health. */
export const frontMutations: Mutation[] = [
  {
    name: "A body of any size is read",
    at: "body-longest",
    change: never,
    ...body,
  },
  {
    name: "A body of any depth is read",
    at: "body-deepest",
    change: never,
    ...body,
  },
  {
    name: "A name may stand twice",
    at: "body-name-twice",
    change: never,
    ...body,
  },
  {
    name: "__proto__ is a name",
    at: "body-proto",
    change: never,
    ...body,
  },
  {
    name: "What API Gateway has replaced is taken for what was sent",
    at: "body-replaced-characters",
    change: always,
    ...body,
  },
  {
    name: "A body of any type is taken for JSON",
    at: "body-content-type",
    change: never,
    tests: everyBody,
  },
  {
    name: "What is said twice, in the path and elsewhere, is hidden",
    at: "path-said-twice",
    change: dropOperand,
    tests: everyBody,
  },
  {
    name: "A query that a route does not want is not looked at",
    at: "query-unwanted",
    change: replace("{}"),
    tests: everyBody,
  },
  {
    name: "Answers have no safe headers",
    at: "answer-safe-headers",
    change: replace('{ "x-request-id": $1 }'),
    tests: everyRoute,
  },
  {
    name: "Answers do not say which call they are to",
    at: "answer-request-id",
    change: replace("$0.slice(1)"),
    tests: everyRoute,
  },
  {
    name: "Whoever calls is told what has gone wrong inside",
    at: "internal-error-message",
    change: replace("String(arguments[0])"),
    tests: everyRoute,
  },
  {
    name: "A call whose line cannot be written is not answered",
    at: "call-line-failure",
    change: replace('JSON.parse("")'),
    tests: everyRoute,
  },
  {
    name: "Any page may read an answer",
    at: "cors-allowed-origin",
    change: dropOperand,
    tests: ["test/http/openapi.test.ts"],
  },
  {
    name: "WeChat Pay is told of failures in our words",
    at: "wechat-refusal-words",
    change: drop,
    tests: everyRoute,
  },
  {
    name: "A webhook of any size is verified",
    at: "webhook-longest",
    change: replace("9 * $0"),
    tests: everyRoute,
  },
  {
    name: "Health: each who asks is a check",
    at: "health-cached",
    change: replace("$1 >= 0"),
    ...health,
  },
  {
    name: "Health: what was said once is said for ever",
    at: "health-cached",
    change: dropOperand,
    ...health,
  },
  {
    name: "Health: a clock that is set back keeps an old answer",
    at: "health-clock-back",
    change: dropOperand,
    ...health,
  },
  {
    name: "Health: what is silent is waited for",
    at: "health-silent",
    change: replace("300_000"),
    ...health,
  },
  {
    name: "Health: all is well without the cache",
    at: "health-cache",
    change: dropOperand,
    ...health,
  },
];
