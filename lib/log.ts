import { currentInvocation } from "./invocation.ts";

/** The only fields that reach a log line; what is not listed is dropped, whatever a caller passes. */
export const logFields = [
  "order_no",
  "merchant",
  "key_id",
  "config_id",
  "provider",
  "verdict",
  "reason",
  "kind",
  "task_id",
  "attempt",
  "generation",
  "status",
  "http_status",
  "duration_ms",
  "error",
  "error_code",
  "at",
  "method",
  "path",
  "source",
  "user_agent",
  "count",
  "function",
  "event",
  "queue",
  "version",
  "endpoint",
  "anomaly",
  "event_type",
  "request",
  "answer",
] as const;

type Plain = string | number | boolean | null;

export type LogFields = Partial<Record<(typeof logFields)[number], Plain | undefined>>;

const longest = 500;
/** For bodies, which are redacted before they are logged: `lib/http/redact.ts`. */
const longestBody = 4096;

function write(level: "info" | "warn" | "error", message: string, fields: LogFields): void {
  const line: Record<string, Plain> = {
    time: new Date().toISOString(),
    level,
    message: cut(message, longest),
  };
  const { requestId } = currentInvocation();
  if (requestId) line.request_id = cut(requestId, longest);
  for (const name of logFields) {
    // mutation: log-plain-values
    const value = plain(fields[name], longestOf(name));
    if (value !== undefined) line[name] = value;
  }
  process.stdout.write(`${oneLine(line)}\n`);
}

/** Drops everything but plain values at run time too, because an object could contain a secret. */
function plain(value: unknown, most: number): Plain | undefined {
  if (typeof value === "string") return cut(value, most);
  return typeof value === "number" || typeof value === "boolean" || value === null ? value : undefined;
}

function cut(text: string, most: number): string {
  return text.slice(0, /* mutation: log-longest-text */ most).toWellFormed();
}

/** JSON does not escape these: terminals execute some, others end a line early or change the order of shown text. */
const unseen = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function oneLine(line: Record<string, Plain>): string {
  const asEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return (
    JSON.stringify(line)
      // mutation: log-unseen-escaped
      .replace(unseen, asEscape)
  );
}

function longestOf(name: (typeof logFields)[number]): number {
  return name === "request" || name === "answer" ? longestBody : longest;
}

/** One JSON object a line. Errors are named by class and code only: an SDK's message may hold a credential. */
export const log = {
  info: (message: string, fields: LogFields = {}) => write("info", message, fields),
  warn: (message: string, fields: LogFields = {}) => write("warn", message, fields),
  /** For a person to act on: alarms count these lines by their `message`. */
  alarm: (message: string, fields: LogFields = {}) => write("error", message, fields),
};

/** The form of a class name or error code; anything else, for example a key, is not logged. */
const name = /^(?!(?:ak|[rs]k|whsec)_)[A-Za-z][\w.]{0,59}$/;

/** A failure's class and code, without its message, cause or anything else that it carries. */
export function nameOf(error: unknown): { error: string; error_code?: string | undefined } {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name: errorName, code } = error as { name: unknown; code?: unknown };
  return {
    error: typeof errorName === "string" && name.test(errorName) ? errorName : "Error",
    error_code:
      typeof code === "number" || (typeof code === "string" && /* mutation: log-code-form */ name.test(code))
        ? String(code)
        : undefined,
  };
}
