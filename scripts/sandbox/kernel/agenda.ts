import type { Clock } from "../../../lib/clock.ts";

/** Things to do at a time of the injected clock, so that moving the clock makes them due. */
export type Agenda = {
  at(time: Date, act: () => void): void;
  stop(): void;
};

/** A clock that tells when it was moved needs no looking at; any other is looked at while something is planned. */
export type AgendaClock = Clock & { onMove?(moved: () => void): void };

type Entry = { time: number; act: () => void };

/** How soon a moved clock is noticed, in real milliseconds. */
const glanceMs = 20;

/** An agenda that looks at the clock while anything is planned. A throwing act is the caller's bug and is not caught. */
export function createAgenda(clock: AgendaClock): Agenda {
  let entries: Entry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function plan(): void {
    if (clock.onMove || timer !== undefined || stopped || entries.length === 0) return;
    timer = setTimeout(glance, glanceMs);
    timer.unref();
  }

  function glance(): void {
    timer = undefined;
    const now = clock.now().getTime();
    const due = entries.filter((entry) => entry.time <= now).sort((a, b) => a.time - b.time);
    if (due.length > 0) entries = entries.filter((entry) => entry.time > now);
    for (const entry of due) entry.act();
    plan();
  }

  clock.onMove?.(glance);

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
