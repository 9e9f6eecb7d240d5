import { apiCall } from "../../lib/http/api-call-line.ts";
import { subscriptionEvent } from "../../scripts/local/host/log-subscriptions.ts";
import type { LogLine } from "./captured-log.ts";
import { invoke } from "./front.ts";

/** The lines that match the filter of the log subscription. */
export function apiCallLines(log: readonly LogLine[]): LogLine[] {
  return log.filter(({ message }) => message === apiCall);
}

/** Invokes `record-api-calls` with these lines, as the log subscription does. */
export async function handOver(lines: readonly (LogLine | string)[]): Promise<void> {
  const events = lines.map((line) => ({
    timestamp: Date.now(),
    message: typeof line === "string" ? line : JSON.stringify(line),
  }));
  const from = { logGroup: "test", subscriptionFilters: ["test"] };
  await invoke("record-api-calls", subscriptionEvent(events, from));
}
