import { recordedCall } from "../../lib/http/call-line.ts";
import { subscriptionEvent } from "../../scripts/local/host/log-subscriptions.ts";
import type { LogLine } from "./captured-log.ts";
import { invoke } from "./front.ts";

/** Those of the lines that the log subscription lets through. */
export function callLines(log: readonly LogLine[]): LogLine[] {
  return log.filter(({ message }) => message === recordedCall);
}

/** Hands lines to the function that records calls, as the log subscription does. */
export async function handOver(lines: readonly (LogLine | string)[]): Promise<void> {
  const events = lines.map((line) => ({
    timestamp: Date.now(),
    message: typeof line === "string" ? line : JSON.stringify(line),
  }));
  const from = { logGroup: "test", subscriptionFilters: ["test"] };
  await invoke("record-api-calls", subscriptionEvent(events, from));
}
