import type { ZodObject, ZodType } from "zod";
import type { Failure } from "../errors.ts";
import type { LimitKind } from "../limits/rate-limit.ts";
import type { Scope } from "../merchants/api-key.ts";

/** A route of the merchant API: its input, answer and scope. Parsing, response filter and OpenAPI derive from it. */
export type Contract<Input extends ZodObject = ZodObject, Answer extends ZodType = ZodType> = {
  route: string;
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
  /** Failures of this route, in addition to those that every route has. */
  failures: readonly Failure[];
};
