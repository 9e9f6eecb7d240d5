import { secondsAfter } from "../clock.ts";
import type { Refund } from "./refund.ts";

/** Ages at which a refund that is not final is asked about, in seconds; then every hour. */
const ages = [15, 60, 300, 900, 1800, 3600];
const laterEverySeconds = 3600;

/** When to ask the provider next about a refund that is under way or whose outcome is unknown. */
export function nextRefundLook({ createdAt }: Pick<Refund, "createdAt">, now: Date): Date {
  const age = (now.getTime() - createdAt.getTime()) / 1000;
  const next = ages.find((candidate) => candidate > age);
  return next === undefined ? secondsAfter(now, laterEverySeconds) : secondsAfter(createdAt, next);
}
