import { type Failure, failures, GatewayError } from "../../errors.ts";
import { failed } from "../envelope.ts";
import { failure as body, exampleRequestId } from "./envelope.ts";
import { explained } from "./explained.ts";
import { rateLimitHeaders, requestIdHeader, retryAfterHeader } from "./headers.ts";
import type { JsonSchemas } from "./schemas.ts";

const names = Object.keys(failures) as Failure[];
/** Failures of unauthenticated callers: they count against no merchant's limit and carry no rate-limit headers. */
const uncounted = new Set<Failure>(["unauthorised", "notification_malformed", "notification_refused"]);

/** Builds the error responses. A response for a single failure is put into `named` once and referenced with `$ref`. */
export function failureResponses(schemas: JsonSchemas) {
  const named: Record<string, object> = {};

  /** Responses by HTTP status; `refusal` builds the body if a provider expects another format than our envelope. */
  function of(possible: readonly Failure[], refusal?: Refusal): Record<string, object> {
    const byStatus = Object.groupBy(possible, (name) => failures[name].http);
    const responseFor = (some: readonly Failure[]) =>
      refusal ? made(some, worded(some, refusal)) : response(some);
    return Object.fromEntries(Object.entries(byStatus).map(([http, some]) => [http, responseFor(some)]));
  }

  function response(possible: readonly Failure[]): object {
    const [only, ...others] = possible;
    if (only === undefined || others.length > 0) return made(possible);
    named[only] ??= made([only]);
    return { $ref: `#/components/responses/${only}` };
  }

  function enveloped(possible: readonly Failure[]): object {
    const codes = [...new Set(possible.map((name) => failures[name].code))];
    return {
      schema: { allOf: [schemas.of(body), { type: "object", properties: { code: { enum: codes } } }] },
      examples: Object.fromEntries(possible.map((name) => [name, { $ref: `#/components/examples/${name}` }])),
    };
  }

  function made(possible: readonly Failure[], content = enveloped(possible)): object {
    const waits = possible.filter((name) => answered(name).headers?.["retry-after"] !== undefined);
    return {
      description: possible.map((name) => `${failures[name].code}: ${explained[name].means}.`).join(" "),
      headers: {
        ...requestIdHeader,
        ...(waits.length > 0 && retryAfterHeader(waits.length === possible.length)),
        ...(possible.some((name) => !uncounted.has(name)) && rateLimitHeaders),
      },
      content: { "application/json": content },
    };
  }

  return { named, of };
}

/** Builds the body of a refused webhook in the provider's own format. */
export type Refusal = (message: string) => object;

function worded(possible: readonly Failure[], refusal: Refusal): object {
  const { message, ...fixed } = refusal("") as { message: string };
  const constants = Object.entries(fixed).map(([name, value]) => [name, { const: value }]);
  return {
    schema: {
      type: "object",
      properties: { ...Object.fromEntries(constants), message: { type: typeof message } },
      required: [...Object.keys(fixed), "message"],
    },
    example: refusal(explained[possible[0]!].message),
  };
}

export type FailureResponses = ReturnType<typeof failureResponses>;

/** One example per failure, built by the same function that answers failures at run time. */
export const failureExamples = Object.fromEntries(
  names.map((name) => [
    name,
    {
      summary: `${failures[name].code}: ${explained[name].means}`,
      value: JSON.parse(answered(name).body ?? ""),
    },
  ]),
);

function answered(name: Failure) {
  const { message, details } = explained[name];
  return failed(new GatewayError(name, message, details), exampleRequestId);
}

/** Markdown table of all error codes. */
export const failureTable = [
  "| code | HTTP | meaning |",
  "|---|---|---|",
  ...names.map((name) => `| ${failures[name].code} | ${failures[name].http} | ${explained[name].means} |`),
].join("\n");
