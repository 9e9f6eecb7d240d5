/** Where every time in the gateway comes from. */
export type Clock = { now(): Date };

/** A clock that can also wait. */
export type WaitingClock = Clock & { sleep(ms: number): Promise<void> };

/**
 * The wall clock. In the local stage it is moved by the milliseconds that the host hands to each invocation in
 * `CLOCK_OFFSET_MS`; every other stage ignores that variable.
 */
export function wallClock(stage: string, environment: NodeJS.ProcessEnv = process.env): WaitingClock {
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  if (stage !== "local") return { now: () => new Date(), sleep };
  return { now: () => new Date(Date.now() + Number(environment.CLOCK_OFFSET_MS ?? 0)), sleep };
}

const firstStorable = new Date("1000-01-01T00:00:00Z");
const firstBeyond = new Date("+010000-01-01T00:00:00Z");

/** Whether a DATETIME column (years 1000 to 9999) can hold a time; providers and merchants may send any. */
export function isStorable(time: Date): boolean {
  return time >= firstStorable && time < firstBeyond;
}

/** `time` moved by `seconds` (negative: earlier). */
export function secondsAfter(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
