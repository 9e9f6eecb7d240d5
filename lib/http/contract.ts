import type { ZodObject, ZodType } from "zod";
import type { Failure } from "../errors.ts";
import type { LimitKind } from "../limits/rate-limit.ts";
import type { Scope } from "../merchants/api-key.ts";

/** A route of the merchant API: its input, answer and scope. Parsing, response filter and OpenAPI derive from it. */
export type Contract<Input extends ZodObject = ZodObject, Answer extends ZodType = ZodType> = {
  /** Method and path in API Gateway's notation. */
  route: string;
  /** Its name in the API reference, and there its group. */
  operationId: string;
  tag: "Payments" | "Refunds" | "Notifications";
  /** What it does, for the API reference. */
  summary: string;
  scope: Scope;
  /** The rate limit that the route counts against; `calls` if absent. */
  limit?: LimitKind;
  /** Path, query and body together; strict, so that an unknown field is an error that names it. */
  input: Input;
  /** Where the fields outside of the path come from; with `path` there are none, and a query string is refused. */
  from: "body" | "query" | "path";
  /** A request without a body counts as `{}`. */
  mayBeBodyless?: true;
  /** Fields whose JSON numbers are validated by their source text, which keeps every digit. */
  asText?: readonly string[];
  answer: Answer;
  /** A call for the API reference; a test sends it. */
  example: { input: Readonly<Record<string, unknown>>; answer: unknown };
  /** Failures of this route, in addition to those that every route has. */
  failures: readonly Failure[];
};
