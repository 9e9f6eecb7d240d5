import { gunzipSync } from "node:zlib";
import type { CloudWatchLogsEvent } from "aws-lambda";
import * as z from "zod";
import { log } from "../log.ts";
import { invoked } from "./invoked.ts";

/** The decompressed payload of a CloudWatch Logs subscription. */
export const handedOver = z.object({
  /** CloudWatch sends control messages to test that the destination is reachable. */
  messageType: z.enum(["DATA_MESSAGE", "CONTROL_MESSAGE"]),
  logEvents: z.array(z.object({ message: z.string() })),
});

/**
 * Handler for a log subscription, which delivers lines at least once. A line that cannot be parsed is dropped with an
 * alarm. If `consume` throws, Lambda retries the whole batch twice.
 */
export function logConsumer<Line>(schema: z.ZodType<Line>, consume: (lines: Line[]) => Promise<void>) {
  return invoked(async (event: CloudWatchLogsEvent) => {
    const packed = Buffer.from(event.awslogs.data, "base64");
    const { messageType, logEvents } = handedOver.parse(JSON.parse(gunzipSync(packed).toString("utf8")));
    if (messageType === "CONTROL_MESSAGE") return;
    const lines = logEvents.flatMap(({ message }) => read(schema, message));
    const count = logEvents.length - lines.length;
    if (count > 0) log.alarm("unreadable lines dropped", { count });
    await consume(lines);
  });
}

function read<Line>(schema: z.ZodType<Line>, message: string): Line[] {
  try {
    return [schema.parse(JSON.parse(message))];
  } catch {
    return [];
  }
}
