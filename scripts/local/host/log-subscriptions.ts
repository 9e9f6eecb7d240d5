import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { CloudWatchLogsEvent } from "aws-lambda";
import * as z from "zod";
import type { Assembly } from "./assembly.ts";
import type { HostClock } from "./clock.ts";
import type { Functions, LambdaFunction } from "./lambda-functions.ts";
import { readProperties } from "./read-properties.ts";
import { accountId, type Resolve } from "./resolve.ts";

/** A line of a log, and when it was written, in milliseconds since 1970. */
export type LogEvent = { timestamp: number; message: string };

type Subscription = {
  name: string;
  logGroup: string;
  lambda: LambdaFunction;
  wants(line: string): boolean;
  waiting: LogEvent[];
};

export type LogSubscriptions = {
  /** A line that a function has written. */
  hear(from: LambdaFunction, line: string): void;
  /** Hands over what waits, within `graceMs`; lines that are written later reach nobody. */
  stop(graceMs: number): Promise<void>;
};

/** CloudWatch collects for some seconds. */
const collectMs = 100;
/** Lambda waits a minute and then two before it tries a failed event again, and does no more. */
const retryMs = [1000, 2000];

const subscriptionSchema = z.object({
  DestinationArn: z.string(),
  FilterPattern: z.string(),
  LogGroupName: z.string(),
});

/** Hands the lines that the template's subscription filters want to their functions, in batches. */
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
    if (lambda.logGroup === LogGroupName) throw new Error(`${lambda.entry} would be given its own lines`);
    const wants = filter(FilterPattern);
    return { name: resource.logicalId, logGroup: LogGroupName, lambda, wants, waiting: [] };
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
    hear(from, line) {
      if (stopping.signal.aborted) return;
      for (const subscription of subscriptions) {
        if (subscription.logGroup !== from.logGroup || !subscription.wants(line)) continue;
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

/** One kind of filter pattern: JSON lines in which a member is this text. */
function filter(pattern: string): Subscription["wants"] {
  const [, name, text] = /^\{ \$\.(\w+) = "([^"*%]+)" \}$/.exec(pattern) ?? [];
  if (name === undefined) throw new Error(`The local host knows no filter pattern like ${pattern}`);
  const schema = z.object({ [name]: z.literal(text) });
  return (line) => {
    try {
      return schema.safeParse(JSON.parse(line)).success;
    } catch {
      return false;
    }
  };
}

/** What a function is given: JSON, gzipped, in base64. */
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
