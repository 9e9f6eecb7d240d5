import type { ZodObject, ZodType } from "zod";
import type { Failure } from "../errors.ts";
import type { Scope } from "../merchant/api-key.ts";
import type { LimitKind } from "../merchant/rate-limit.ts";

/** A route of the merchant API: what it takes, what it answers, which scope it needs. Everything derives from it. */
export type Contract<Wanted extends ZodObject = ZodObject, Answer extends ZodType = ZodType> = {
  route: string;
  /** What it does, for the API reference. */
  summary: string;
  scope: Scope;
  /** Which of the merchant's limits it counts against; `calls` when absent. */
  limit?: LimitKind;
  /** Path, query and body together; strict, so that an unknown field is an error that names it. */
  wanted: Wanted;
  /** Where the fields that are not in the path come from; with `path` there are none, and a query is refused. */
  from: "body" | "query" | "path";
  /** No body at all counts as `{}`. */
  mayBeBodyless?: true;
  /** Numbers that are judged by their source text. */
  asText?: readonly string[];
  answer: Answer;
  /** Its own failures; those of every route come on top. */
  failures: readonly Failure[];
};
