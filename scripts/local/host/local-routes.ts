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

/** What the routes under `/_local/` control. */
export type LocalSwitches = {
  clock: HostClock;
  schedules: Schedules;
  invoke: (entry: string, event: unknown) => Promise<unknown>;
};

/**
 * Controls of the local host, which AWS does not have: `GET /_local/clock`, `POST /_local/clock {advance_ms}`,
 * `POST /_local/schedule/<name>` and `POST /_local/invoke/<entry>` with the event as body. Undefined when the request
 * is for the gateway.
 */
export async function answerLocalRoute(
  request: IncomingMessage,
  body: Buffer,
  { clock, schedules, invoke }: LocalSwitches,
): Promise<HttpAnswer | undefined> {
  const { path } = splitTarget(request);
  if (!path.startsWith(prefix)) return undefined;
  const route = `${request.method} ${path}`;
  if (route === `GET ${prefix}clock`) return json(200, clockState(clock));
  if (route === `POST ${prefix}clock`) return advance(body, clock);
  if (route.startsWith(`POST ${schedulePrefix}`)) {
    return resultOf(schedules.fire(decodePath(path.slice(schedulePrefix.length))));
  }
  if (route.startsWith(`POST ${invokePrefix}`)) {
    // Against cross-site requests: a page in the developer's browser cannot send this type without a CORS preflight.
    if (request.headers["content-type"] !== "application/json")
      return json(415, { error: "send application/json" });
    return resultOf(invoke(decodePath(path.slice(invokePrefix.length)), parseJson(body)));
  }
  return json(404, { error: `${route} is not a route of the local host` });
}

async function advance(body: Buffer, clock: HostClock): Promise<HttpAnswer> {
  const input = advanceSchema.safeParse(parseJson(body));
  if (!input.success) return json(400, { error: 'send {"advance_ms": a whole number, 0 or more}' });
  try {
    await clock.advance(input.data.advance_ms);
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
