import type * as z from "zod";
import type { FieldError } from "./errors.ts";

/** Callers choose the names in a map; error messages truncate them. */
const longestName = 64;

/** What to change about each field, from a schema's issues; `body` stands for the input as a whole. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => String(part).slice(0, longestName));
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => unknownField([...path, key.slice(0, longestName)].join(".")));
    const field = path.join(".") || "body";
    if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ field, message }));
    return [{ field, message: issue.message }];
  });
}

export function unknownField(field: string): FieldError {
  return { field, message: "unknown field: remove it" };
}

/** The same as one message. */
export function formatIssues(issues: readonly z.core.$ZodIssue[]): string {
  return fieldErrors(issues)
    .map(({ field, message }) => (field === "body" ? message : `${field}: ${message}`))
    .join("; ");
}
