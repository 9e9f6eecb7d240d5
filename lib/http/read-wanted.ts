import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type * as z from "zod";
import { type Failure, type FieldError, GatewayError } from "../errors.ts";
import type { Contract } from "./contract.ts";
import { readJsonBody } from "./json-body.ts";
import { assertJson } from "./json-content.ts";
import { rawBody } from "./raw-body.ts";
import { wordsForInput } from "./words-for-input.ts";

/** What a caller wants, checked against the contract; every field that is wrong is named. */
export function readWanted(contract: Contract, event: APIGatewayProxyEventV2): unknown {
  const path = event.pathParameters ?? {};
  const sent = given(contract, event);
  const parsed = contract.wanted.safeParse({ ...sent, ...path }, { error: wordsForInput });
  // What stands in the path would hide what is said of it elsewhere.
  const twice = Object.keys(sent).filter((name) => Object.hasOwn(path, name));
  if (parsed.success && /* mutation: path-said-twice */ twice.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  const fields = [...twice.map(unknownField), ...issues.flatMap(fieldErrors)];
  const first = fields[0];
  const message = first ? `${first.field}: ${first.message}` : "invalid request";
  throw new GatewayError(issues.map(failureOf).find(Boolean) ?? "invalid_parameter", message, { fields });
}

function given(contract: Contract, event: APIGatewayProxyEventV2): object {
  if (contract.from === "body") {
    if (contract.mayBeBodyless && rawBody(event).length === 0) return {};
    return readJsonBody(assertJson(event), contract.asText) as object;
  }
  // mutation: query-unwanted
  return event.queryStringParameters ?? {};
}

/** A caller chooses the names in a map; what is told of one is cut. */
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

/** A schema may name another failure than `invalid_parameter` for one of its checks. */
function failureOf(issue: z.core.$ZodIssue): Failure | undefined {
  return issue.code === "custom" ? (issue.params?.failure as Failure | undefined) : undefined;
}
