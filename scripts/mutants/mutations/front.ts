import { always, dropOperand, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const body = { tests: ["test/hostile/every-body.test.ts"] };
const everyRoute = ["test/hostile/every-route.test.ts"];
const everyBody = ["test/hostile/every-body.test.ts"];
const health = { tests: ["test/outage/health.test.ts"] };

/** What applies to every route: limits of request bodies, response headers, errors without internals, health. */
export const frontMutations: Mutation[] = [
  {
    name: "A request body of any size is read",
    at: "body-longest",
    change: never,
    ...body,
  },
  {
    name: "A request body of any nesting depth is read",
    at: "body-deepest",
    change: never,
    ...body,
  },
  {
    name: "A request body may hold the same name twice",
    at: "body-name-twice",
    change: never,
    ...body,
  },
  {
    name: "A request body may hold the name __proto__",
    at: "body-proto",
    change: never,
    ...body,
  },
  {
    name: "A body in which API Gateway replaced invalid bytes with U+FFFD is accepted",
    at: "body-replaced-characters",
    change: always,
    ...body,
  },
  {
    name: "A body of any content type is read as JSON",
    at: "body-content-type",
    change: never,
    tests: everyBody,
  },
  {
    name: "A field that is given both in the path and elsewhere is accepted silently",
    at: "path-said-twice",
    change: dropOperand,
    tests: everyBody,
  },
  {
    name: "Unknown query parameters are ignored instead of refused",
    at: "query-while-ending",
    change: replace("{}"),
    tests: everyBody,
  },
  {
    name: "Responses lack the security headers",
    at: "answer-safe-headers",
    change: replace('{ "x-request-id": $1 }'),
    tests: everyRoute,
  },
  {
    name: "Responses carry a wrong request id",
    at: "answer-request-id",
    change: replace("$0.slice(1)"),
    tests: everyRoute,
  },
  {
    name: "An internal error message is shown to the caller",
    at: "internal-error-message",
    change: replace("String(arguments[0])"),
    tests: everyRoute,
  },
  {
    name: "A request whose log line cannot be written gets no response",
    at: "call-line-failure",
    change: replace('JSON.parse("")'),
    tests: everyRoute,
  },
  {
    name: "CORS: every origin may read responses",
    at: "cors-allowed-origin",
    change: dropOperand,
    tests: ["test/http/openapi.test.ts"],
  },
  {
    name: "A webhook of any size is verified",
    at: "webhook-longest",
    change: replace("9 * $0"),
    tests: everyRoute,
  },
  {
    name: "Health: every request runs the checks again",
    at: "health-cached",
    change: replace("$1 >= 0"),
    ...health,
  },
  {
    name: "Health: the first result is cached forever",
    at: "health-cached",
    change: dropOperand,
    ...health,
  },
  {
    name: "Health: a clock that is set back keeps an old result in the cache",
    at: "health-clock-back",
    change: dropOperand,
    ...health,
  },
  {
    name: "Health: a part that does not respond is waited for",
    at: "health-silent",
    change: replace("300_000"),
    ...health,
  },
  {
    name: "Health: the gateway counts as healthy although Redis is down",
    at: "health-cache",
    change: dropOperand,
    ...health,
  },
];
