import { minorUnits } from "./decimal.ts";

/** One HTTP request as a simulator sees it. Header names are in lower case; `target` is the path with its query. */
export type Call = {
  at: Date;
  method: string;
  path: string;
  target: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
};

/** A complete HTTP answer. */
export type Reply = { status: number; headers: Record<string, string>; body: string | Buffer };

/** No answer: the connection is reset after this many real milliseconds of silence. */
export type Silence = { hangUpAfterMs: number };

export type Answer = Reply | Silence;

/** A refusal of one of the sandbox's own routes; answered as `{"error": message}`. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }
}

/** A JSON answer. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}

/** An HTML answer. The caller must have escaped any text from outside. */
export function html(body: string, status = 200): Reply {
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

/** Redirects a browser, which then uses GET. */
export function seeOther(location: string): Reply {
  return { status: 303, headers: { location }, body: "" };
}

/** A request's JSON object; an empty body is `{}`. Throws a `Refusal` (400) for anything else. */
export function jsonObject(call: Call): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(call.body === "" ? "{}" : call.body);
  } catch {
    throw new Refusal(400, "The body is not JSON.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new Refusal(400, "The body must be a JSON object.");
  }
  return { ...parsed };
}

/** A string field of a JSON object, or undefined when absent. Throws a `Refusal` (400) for another type. */
export function stringField(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value !== undefined && typeof value !== "string") throw new Refusal(400, `${name} must be a string.`);
  return value;
}

/** A required string field. Throws a `Refusal` (400) when it is absent or of another type. */
export function requiredString(body: Record<string, unknown>, name: string): string {
  const value = stringField(body, name);
  if (value === undefined) throw new Refusal(400, `${name} is missing.`);
  return value;
}

/** An amount in major units (12.34 or "12.34") as minor units; undefined when absent or null. Throws a `Refusal`. */
export function amountField(
  body: Record<string, unknown>,
  name: string,
  exponent: number,
): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  const minor = minorUnits(String(value), exponent);
  if (!minor) throw new Refusal(400, `${name} must be an amount with at most ${exponent} decimals.`);
  return minor;
}
