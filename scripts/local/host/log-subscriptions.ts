import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { CloudWatchLogsEvent } from "aws-lambda";
import * as z from "zod";
import type { Assembly } from "./assembly.ts";
import type { HostClock } from "./clock.ts";
import type { LambdaFunction } from "./execution-environment.ts";
import type { Functions } from "./lambda-functions.ts";
import { readProperties } from "./read-properties.ts";
import { accountId, type Resolve } from "./resolve.ts";

/** A line of a log, and when it was written, in milliseconds since 1970. */
export type LogEvent = { timestamp: number; message: string };

type Subscription = {
  name: string;
  logGroup: string;
  lambda: LambdaFunction;
  matches(line: string): boolean;
  waiting: LogEvent[];
};

export type LogSubscriptions = {
  /** Takes a line that a function has written. */
  receive(from: LambdaFunction, line: string): void;
  /** Delivers the waiting lines within `graceMs`; lines written later are dropped. */
  stop(graceMs: number): Promise<void>;
};

/** How long lines are collected into one batch; CloudWatch takes some seconds. */
const collectMs = 100;
/** Lambda retries a failed asynchronous event after one and then two minutes, and then gives up. */
const retryMs = [1000, 2000];

const subscriptionSchema = z.object({
  DestinationArn: z.string(),
  FilterPattern: z.string(),
  LogGroupName: z.string(),
});

/** Delivers the lines that match the template's subscription filters to their functions, in batches. */
export function startLogSubscriptions(
  assembly: Assembly,
  resolve: Resolve,
  functions: Functions,
  clock: HostClock,
  log: (line: string) => void,
): LogSubscriptions {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const subscriptions = assembly.ofType("AWS::Logs::SubscriptionFilter").map((resource): Subscription => {
    const { DestinationArn, FilterPattern, LogGroupName } = readProperties(
      resource,
      subscriptionSchema,
      resolve,
    );
    const lambda = functions.find(DestinationArn);
    if (lambda.logGroup === LogGroupName) throw new Error(`${lambda.entry} subscribes to its own log group`);
    const matches = filter(FilterPattern);
    return { name: resource.logicalId, logGroup: LogGroupName, lambda, matches, waiting: [] };
  });

  async function deliver({ name, logGroup, lambda }: Subscription, events: LogEvent[]): Promise<void> {
    const event = subscriptionEvent(events, { logGroup, subscriptionFilters: [name] });
    for (const wait of [...retryMs, undefined]) {
      try {
        await functions.invoke(lambda, event);
        return;
      } catch (error) {
        if (wait === undefined) log(`${lambda.entry}: ${events.length} lines of ${logGroup} lost: ${error}`);
        else await pause(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  function handOver(subscription: Subscription): void {
    const events = subscription.waiting.splice(0);
    if (events.length === 0) return;
    const delivery = deliver(subscription, events);
    underWay.add(delivery);
    void delivery.then(() => underWay.delete(delivery));
  }

  return {
    receive(from, line) {
      if (stopping.signal.aborted) return;
      for (const subscription of subscriptions) {
        if (subscription.logGroup !== from.logGroup || !subscription.matches(line)) continue;
        const { waiting } = subscription;
        if (waiting.length === 0) setTimeout(() => handOver(subscription), collectMs);
        waiting.push({ timestamp: clock.now().getTime(), message: line });
      }
    },
    async stop(graceMs) {
      stopping.abort();
      for (const subscription of subscriptions) handOver(subscription);
      const grace = new AbortController();
      const late = pause(graceMs, undefined, { signal: grace.signal }).catch(() => undefined);
      await Promise.race([Promise.all(underWay), late]);
      grace.abort();
    },
  };
}

/** Supports one kind of filter pattern: JSON lines in which a member equals a text. */
function filter(pattern: string): Subscription["matches"] {
  const [, name, text] = /^\{ \$\.(\w+) = "([^"*%]+)" \}$/.exec(pattern) ?? [];
  if (name === undefined) throw new Error(`The local host does not support the filter pattern ${pattern}`);
  const schema = z.object({ [name]: z.literal(text) });
  return (line) => {
    try {
      return schema.safeParse(JSON.parse(line)).success;
    } catch {
      return false;
    }
  };
}

/** The event that a subscribed function receives: JSON, gzipped, in base64. */
export function subscriptionEvent(
  events: readonly LogEvent[],
  { logGroup, subscriptionFilters }: { logGroup: string; subscriptionFilters: string[] },
): CloudWatchLogsEvent {
  const decoded = {
    messageType: "DATA_MESSAGE",
    owner: accountId,
    logGroup,
    logStream: "local",
    subscriptionFilters,
    logEvents: events.map((event) => ({ id: randomUUID(), ...event })),
  };
  return { awslogs: { data: gzipSync(JSON.stringify(decoded)).toString("base64") } };
}
