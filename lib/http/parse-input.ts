import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type * as z from "zod";
import { type Failure, GatewayError } from "../errors.ts";
import { fieldErrors, unknownField, wordsForInput } from "../field-errors.ts";
import type { Contract } from "./contract.ts";
import { assertJson, rawBody, readJsonBody } from "./json-body.ts";

/** Parses a call's input by its contract; the error names every invalid field. */
export function parseInput(contract: Contract, event: APIGatewayProxyEventV2): unknown {
  const path = event.pathParameters ?? {};
  const sent = rawInput(contract, event);
  const parsed = contract.input.safeParse({ ...sent, ...path }, { error: wordsForInput });
  // The path would silently override a field of the same name in body or query.
  const twice = Object.keys(sent).filter((name) => Object.hasOwn(path, name));
  if (parsed.success && /* mutation: path-said-twice */ twice.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  const fields = [...twice.map(unknownField), ...fieldErrors(issues)];
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

/** A schema check may name another failure than `invalid_parameter` in `params.failure`. */
function failureOf(issue: z.core.$ZodIssue): Failure | undefined {
  return issue.code === "custom" ? (issue.params?.failure as Failure | undefined) : undefined;
}
