import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type * as z from "zod";
import { type Failure, type FieldError, GatewayError } from "../errors.ts";
import type { Contract } from "./contract.ts";
import { readJsonBody } from "./json-body.ts";
import { assertJson } from "./json-content.ts";
import { rawBody } from "./raw-body.ts";
import { wordsForInput } from "./words-for-input.ts";

/** Parses a call's input by its contract; the error names every invalid field. */
export function parseInput(contract: Contract, event: APIGatewayProxyEventV2): unknown {
  const path = event.pathParameters ?? {};
  const sent = rawInput(contract, event);
  const parsed = contract.input.safeParse({ ...sent, ...path }, { error: wordsForInput });
  // The path would silently override a field of the same name in body or query.
  const twice = Object.keys(sent).filter((name) => Object.hasOwn(path, name));
  if (parsed.success && /* mutation: path-said-twice */ twice.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  const fields = [...twice.map(unknownField), ...issues.flatMap(fieldErrors)];
  const first = fields[0];
  const message = first ? `${first.field}: ${first.message}` : "invalid request";
  throw new GatewayError(issues.map(failureOf).find(Boolean) ?? "invalid_parameter", message, { fields });
}

function rawInput(contract: Contract, event: APIGatewayProxyEventV2): object {
  if (contract.from === "body") {
    if (contract.mayBeBodyless && rawBody(event).length === 0) return {};
    return readJsonBody(assertJson(event), contract.asText) as object;
  }
  // mutation: query-while-ending
  return event.queryStringParameters ?? {};
}

/** Callers choose the names in a map; error messages truncate them. */
const longestName = 64;

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map((part) => String(part).slice(0, longestName));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownField([...path, key.slice(0, longestName)].join(".")));
  }
  const field = path.join(".") || "body";
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ field, message }));
  return [{ field, message: issue.message }];
}

function unknownField(field: string): FieldError {
  return { field, message: "unknown field: remove it" };
}

/** A schema check may name another failure than `invalid_parameter` in `params.failure`. */
function failureOf(issue: z.core.$ZodIssue): Failure | undefined {
  return issue.code === "custom" ? (issue.params?.failure as Failure | undefined) : undefined;
}
