/** Seconds from the end of a failed attempt to the next: 1, 2, 5, 10 and 30 minutes. Never early, no jitter. */
const delays = [60, 120, 300, 600, 1800];

/** Attempts in a series: the first at once, and one for each delay. */
export const mostAttempts = delays.length + 1;

/** A wake-up counts as lost after this time, in seconds. */
export const wakeUpLifeSeconds = 60;

/** When the attempt after `attempt` (from 1) is due; `null`: that was the last. */
export function nextDue(attempt: number, endedAt: Date): Date | null {
  // mutation: delivery-retries-end
  const delay = delays[attempt - 1];
  return delay === undefined ? null : new Date(endedAt.getTime() + delay * 1000);
}
