import type * as z from "zod";
import type { FieldError } from "./errors.ts";

/** Callers choose the names in a map; error messages truncate them. */
const longestName = 64;

type Issues = readonly z.core.$ZodIssue[];

/** What a schema found wrong, by field. `within`: the field that holds the input. `whole` names the input itself. */
export function fieldErrors(
  issues: Issues,
  { within = [], whole = "body" }: { within?: readonly string[]; whole?: string } = {},
): FieldError[] {
  return issues.flatMap((issue) => {
    const path = [...within, ...issue.path].map((part) => String(part).slice(0, longestName));
    const field = path.join(".") || whole;
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => unknownField([...path, key.slice(0, longestName)].join(".")));
    if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ field, message }));
    return [{ field, message: issue.message }];
  });
}

export function unknownField(field: string): FieldError {
  return { field, message: "unknown field: remove it" };
}

/** The same in one message, for operators. */
export function formatIssues(issues: Issues): string {
  return fieldErrors(issues, { whole: "" })
    .map(({ field, message }) => (field ? `${field}: ${message}` : message))
    .join("; ");
}

/** Error text for an invalid value, to follow the field's name; `undefined` keeps the schema's or zod's own message. */
export const wordsForInput: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type") {
    if (issue.input === undefined) return "is required";
    return `must be ${kinds[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  return undefined;
};

const kinds: Record<string, string> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};
