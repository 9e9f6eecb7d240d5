import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Assembly } from "./assembly.ts";
import type { HostClock } from "./clock.ts";
import type { LambdaFunction } from "./execution-environment.ts";
import type { Functions } from "./lambda-functions.ts";
import { physicalName } from "./local-values.ts";
import { readProperties } from "./read-properties.ts";
import { accountId, type Resolve, region } from "./resolve.ts";

type Schedule = {
  name: string;
  logicalId: string;
  arn: string;
  lambda: LambdaFunction;
  input: string | undefined;
  everyMs: number;
  /** On the host's clock, milliseconds since 1970. */
  dueAt: number;
};

export type Schedules = {
  /** Invokes a schedule's function now. Finds it by name, logical id or the function's entry. */
  fire(name: string): Promise<unknown>;
  /** Invokes each due schedule once. A failure is logged and not retried before the next period. */
  fireDue(): Promise<void>;
  stop(): void;
};

const minuteMs = 60_000;
const unitMs: Readonly<Record<string, number>> = {
  minute: minuteMs,
  hour: 60 * minuteMs,
  day: 1440 * minuteMs,
};

const scheduleSchema = z.object({
  ScheduleExpression: z.string(),
  State: z.literal("ENABLED").default("ENABLED"),
});
/** Parsed before resolving, because the target's role has no local value. */
const targetSchema = z.object({ Arn: z.unknown(), Input: z.unknown().optional() });

/** Fires the template's `rate()` schedules by the host's clock; the first time after one period. */
export function startSchedules(
  assembly: Assembly,
  resolve: Resolve,
  functions: Functions,
  clock: HostClock,
  log: (line: string) => void,
): Schedules {
  const schedules = assembly.ofType("AWS::Scheduler::Schedule").map((resource): Schedule => {
    const { ScheduleExpression } = readProperties(resource, scheduleSchema, resolve);
    const { Arn, Input } = targetSchema.parse(resource.properties.Target);
    const name = physicalName(resource);
    const everyMs = periodMs(ScheduleExpression);
    return {
      name,
      logicalId: resource.logicalId,
      arn: `arn:aws:scheduler:${region}:${accountId}:schedule/default/${name}`,
      lambda: functions.find(String(resolve(Arn, resource.stack))),
      input: Input === undefined ? undefined : String(resolve(Input, resource.stack)),
      everyMs,
      dueAt: clock.now().getTime() + everyMs,
    };
  });

  const invoke = (schedule: Schedule) =>
    functions.invoke(schedule.lambda, scheduledEvent(schedule, clock.now()));

  async function fireDue(): Promise<void> {
    const now = clock.now().getTime();
    const due = schedules.filter(({ dueAt }) => dueAt <= now);
    for (const schedule of due) schedule.dueAt = now + schedule.everyMs;
    rearm();
    await Promise.all(
      due.map((schedule) =>
        invoke(schedule).catch((error: unknown) => log(`schedule ${schedule.name} failed: ${error}`)),
      ),
    );
  }

  let timer: NodeJS.Timeout | undefined;
  function rearm(): void {
    clearTimeout(timer);
    if (schedules.length === 0) return;
    const next = Math.min(...schedules.map(({ dueAt }) => dueAt)) - clock.now().getTime();
    timer = setTimeout(fireDue, Math.max(0, next));
  }

  rearm();
  return {
    async fire(name) {
      const found = schedules.find((one) => [one.name, one.logicalId, one.lambda.entry].includes(name));
      if (found === undefined) throw new Error(`No schedule is named ${name}`);
      return invoke(found);
    },
    fireDue,
    stop: () => clearTimeout(timer),
  };
}

function periodMs(expression: string): number {
  const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const ms = unitMs[unit];
  if (ms === undefined) throw new Error(`The local host fires rate() schedules only, not ${expression}`);
  return Number(count) * ms;
}

/** The target's input, or what EventBridge Scheduler sends to a target without one. */
function scheduledEvent({ arn, input }: Schedule, now: Date): unknown {
  if (input !== undefined) return JSON.parse(input);
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: accountId,
    time: now.toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [arn],
    detail: "{}",
  };
}
