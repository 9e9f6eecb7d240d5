import type { Clock } from "../../../lib/clock.ts";

/** Runs actions at a time of the injected clock, so that moving the clock makes them due. */
export type Scheduler = {
  at(time: Date, act: () => void): void;
  stop(): void;
};

/** A clock with `onMove` reports its moves and is not polled; any other is polled while an action is pending. */
export type SchedulerClock = Clock & { onMove?(moved: () => void): void };

type Entry = { time: number; act: () => void };

/** Interval at which the clock is polled, in real milliseconds. */
const pollMs = 20;

/** Creates a scheduler. An error that an action throws is a bug of the caller and is not caught. */
export function createScheduler(clock: SchedulerClock): Scheduler {
  let entries: Entry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function plan(): void {
    if (clock.onMove || timer !== undefined || stopped || entries.length === 0) return;
    timer = setTimeout(runDue, pollMs);
    timer.unref();
  }

  function runDue(): void {
    timer = undefined;
    const now = clock.now().getTime();
    const due = entries.filter((entry) => entry.time <= now).sort((a, b) => a.time - b.time);
    if (due.length > 0) entries = entries.filter((entry) => entry.time > now);
    for (const entry of due) entry.act();
    plan();
  }

  clock.onMove?.(runDue);

  return {
    at(time, act) {
      entries.push({ time: time.getTime(), act });
      plan();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      entries = [];
    },
  };
}
