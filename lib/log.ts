import { currentInvocation } from "./invocation.ts";

/** The only fields that reach a log line; what is not listed is dropped, whatever a caller passes. */
const allowed = [
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

export type LogFields = Partial<
  Record<(typeof allowed)[number], string | number | boolean | null | undefined>
>;

const longest = 500;
/** Bodies, which come here redacted: `lib/http/redact.ts`. */
const longestBody = 4096;

function write(level: "info" | "warn" | "error", message: string, fields: LogFields): void {
  const line: Record<string, unknown> = { time: new Date().toISOString(), level, message };
  const { requestId } = currentInvocation();
  if (requestId) line.request_id = requestId;
  for (const name of allowed) {
    const value = fields[name];
    if (value === undefined) continue;
    line[name] = typeof value === "string" ? value.slice(0, longestOf(name)) : value;
  }
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function longestOf(name: (typeof allowed)[number]): number {
  return name === "request" || name === "answer" ? longestBody : longest;
}

/** One JSON object a line. Errors are named by class and code only: an SDK's message may hold a credential. */
export const log = {
  info: (message: string, fields: LogFields = {}) => write("info", message, fields),
  warn: (message: string, fields: LogFields = {}) => write("warn", message, fields),
  /** For a person to act on: alarms count these lines by their `message`. */
  alarm: (message: string, fields: LogFields = {}) => write("error", message, fields),
};

/** A failure's class and code, without its message. */
export function nameOf(error: unknown): { error: string; error_code?: string | undefined } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = "code" in error ? String(error.code) : undefined;
  return { error: error.name, error_code: code };
}
