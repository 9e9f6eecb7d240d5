import { invalid } from "./paypal-error.ts";

type TextRules = {
  required?: boolean;
  min?: number;
  max?: number;
  oneOf?: readonly string[];
  pattern?: RegExp;
};

/** Reads the members of one JSON object. Every refusal is a `PaypalError` that names the field by JSON pointer. */
export type Fields = {
  at: string;
  text(name: string, rules: TextRules & { required: true }): string;
  text(name: string, rules?: TextRules): string | undefined;
  /** A nested object; undefined when absent. */
  object(name: string): Fields | undefined;
  requiredObject(name: string): Fields;
  /** A list of objects that must hold at least one. */
  list(name: string): Fields[];
  /** Refuses members that were not read: PayPal ignores most of them, so a misspelt name would go unnoticed. */
  done(): void;
};

/** `at` is the JSON pointer of `value`, "" for the whole body. */
export function readFields(value: unknown, at = ""): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(at, "INVALID_PARAMETER_SYNTAX", "The value of a field does not conform to its format.");
  }
  const members = new Map<string, unknown>(Object.entries(value));
  const read = new Set<string>();

  function take(name: string): unknown {
    read.add(name);
    return members.get(name);
  }

  function text(name: string, rules: TextRules & { required: true }): string;
  function text(name: string, rules?: TextRules): string | undefined;
  function text(name: string, rules: TextRules = {}): string | undefined {
    const found = take(name);
    if (found === undefined && rules.required) throw missing(`${at}/${name}`);
    return found === undefined ? undefined : checkedText(found, `${at}/${name}`, rules);
  }

  function object(name: string): Fields | undefined {
    const found = take(name);
    return found === undefined ? undefined : readFields(found, `${at}/${name}`);
  }

  return {
    at,
    text,
    object,
    requiredObject(name) {
      const found = object(name);
      if (!found) throw missing(`${at}/${name}`);
      return found;
    },
    list(name) {
      const found = take(name);
      if (!Array.isArray(found) || found.length === 0) throw missing(`${at}/${name}`);
      return found.map((item, index) => readFields(item, `${at}/${name}/${index}`));
    },
    done() {
      const unread = [...members.keys()].find((name) => !read.has(name));
      if (unread === undefined) return;
      throw invalid(`${at}/${unread}`, "NOT_SIMULATED", "The simulator does not know this field.");
    },
  };
}

function checkedText(value: unknown, field: string, { min = 1, max, oneOf, pattern }: TextRules): string {
  if (typeof value !== "string") {
    throw invalid(field, "INVALID_PARAMETER_SYNTAX", "The value of a field does not conform to its format.");
  }
  // `minLength` and `maxLength` of PayPal's OpenAPI count characters: Unicode code points.
  const { length } = [...value];
  if (length < min || (max !== undefined && length > max)) {
    throw invalid(field, "INVALID_STRING_LENGTH", "The value of a field is either too short or too long.");
  }
  if ((oneOf && !oneOf.includes(value)) || (pattern && !pattern.test(value))) {
    throw invalid(field, "INVALID_PARAMETER_VALUE", "The value of a field is invalid.");
  }
  return value;
}

function missing(field: string): Error {
  return invalid(field, "MISSING_REQUIRED_PARAMETER", "A required field or parameter is missing.");
}
