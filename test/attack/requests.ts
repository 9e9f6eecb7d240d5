import { providerNames } from "../kits/kits.ts";
import type { Attempt } from "./attempt.ts";
import { malformed } from "./requests/malformed.ts";
import { merchantCall } from "./requests/merchant-calls.ts";
import { buyersReturn, elsewhere } from "./requests/public-calls.ts";
import { webhook } from "./requests/webhook.ts";
import type { Rng } from "./rng.ts";
import type { Targets } from "./targets.ts";

type Make = (rng: Rng, targets: Targets) => Attempt;

const merchantEntries = [
  "create-payment",
  "query-payment",
  "close-payment",
  "refund-payment",
  "resend-notification",
  "list-payments",
];

/** The generator of requests for a function, by its entry. */
const makers: Record<string, Make> = {
  ...Object.fromEntries(
    providerNames.map((provider): [string, Make] => [
      `webhooks/${provider}`,
      (rng, targets) => webhook(rng, targets, provider),
    ]),
  ),
  ...Object.fromEntries(
    merchantEntries.map((entry): [string, Make] => [
      entry,
      (rng, targets) => merchantCall(rng, targets, entry),
    ]),
  ),
  "payment-return": buyersReturn,
  health: elsewhere,
  malformed,
};

/** The targets: functions by their entry, and `malformed` for the HTTP server in front of them. */
export const attacked = Object.keys(makers);

/** A request to one of these entries. Only one in 200 uses a TCP connection (`malformed`), because that is slow. */
export function makeAttempt(
  rng: Rng,
  targets: Targets,
  entries: readonly string[],
): Attempt & { entry: string } {
  const fast = entries.filter((entry) => entry !== "malformed");
  const isFast = fast.length > 0 && (fast.length === entries.length || !rng.oneIn(200));
  const entry = isFast ? rng.pick(fast) : "malformed";
  return { entry, ...makers[entry]!(rng, targets) };
}
