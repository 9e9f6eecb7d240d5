import type { IncomingMessage } from "node:http";
import * as z from "zod";
import type { HostClock } from "./clock.ts";
import type { HttpAnswer } from "./payload.ts";
import { splitTarget } from "./payload.ts";
import { decodePath } from "./route-table.ts";
import type { Schedules } from "./schedules.ts";

const prefix = "/_local/";
const schedulePrefix = `${prefix}schedule/`;
const invokePrefix = `${prefix}invoke/`;
const advanceSchema = z.strictObject({ advance_ms: z.int().nonnegative() });

/** What the switches turn. */
export type LocalSwitches = {
  clock: HostClock;
  schedules: Schedules;
  invoke: (entry: string, event: unknown) => Promise<unknown>;
};

/**
 * Switches of the local host, which AWS does not have: `GET /_local/clock`, `POST /_local/clock {advance_ms}`,
 * `POST /_local/schedule/<name>` and `POST /_local/invoke/<entry>` with the event as body. Undefined when the request is
 * for the gateway.
 */
export async function answerLocalRoute(
  request: IncomingMessage,
  body: Buffer,
  { clock, schedules, invoke }: LocalSwitches,
): Promise<HttpAnswer | undefined> {
  const { path } = splitTarget(request);
  if (!path.startsWith(prefix)) return undefined;
  const wanted = `${request.method} ${path}`;
  if (wanted === `GET ${prefix}clock`) return json(200, clockState(clock));
  if (wanted === `POST ${prefix}clock`) return advance(body, clock);
  if (wanted.startsWith(`POST ${schedulePrefix}`)) {
    return resultOf(schedules.fire(decodePath(path.slice(schedulePrefix.length))));
  }
  if (wanted.startsWith(`POST ${invokePrefix}`)) {
    // A page in the developer's browser can post anywhere, but JSON only where it is allowed to.
    if (request.headers["content-type"] !== "application/json")
      return json(415, { error: "send application/json" });
    return resultOf(invoke(decodePath(path.slice(invokePrefix.length)), parseJson(body)));
  }
  return json(404, { error: `${wanted} is nothing that the local host knows` });
}

async function advance(body: Buffer, clock: HostClock): Promise<HttpAnswer> {
  const wanted = advanceSchema.safeParse(parseJson(body));
  if (!wanted.success) return json(400, { error: 'send {"advance_ms": a whole number, 0 or more}' });
  try {
    await clock.advance(wanted.data.advance_ms);
  } catch (error) {
    return json(500, { error: String(error), ...clockState(clock) });
  }
  return json(200, clockState(clock));
}

async function resultOf(run: Promise<unknown>): Promise<HttpAnswer> {
  try {
    return json(200, { result: await run });
  } catch (error) {
    return json(500, { error: String(error) });
  }
}

function clockState(clock: HostClock) {
  return { offset_ms: clock.offsetMs(), now: clock.now().toISOString() };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function json(status: number, value: unknown): HttpAnswer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(value)),
  };
}
