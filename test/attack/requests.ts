import type { Attempt } from "./attempt.ts";
import type { Dice } from "./dice.ts";
import { type Known, providerNames } from "./known.ts";
import { malformed } from "./requests/malformed.ts";
import { merchantCall } from "./requests/merchant-calls.ts";
import { buyersReturn, elsewhere } from "./requests/public-calls.ts";
import { webhook } from "./requests/webhook.ts";

type Make = (dice: Dice, known: Known) => Attempt;

const merchantEntries = [
  "create-payment",
  "query-payment",
  "close-payment",
  "refund-payment",
  "resend-notification",
  "list-payments",
];

/** Who makes the requests to a function, by its entry. */
const makers: Record<string, Make> = {
  ...Object.fromEntries(
    providerNames.map((provider): [string, Make] => [
      `webhooks/${provider}`,
      (dice, known) => webhook(dice, known, provider),
    ]),
  ),
  ...Object.fromEntries(
    merchantEntries.map((entry): [string, Make] => [
      entry,
      (dice, known) => merchantCall(dice, known, entry),
    ]),
  ),
  "payment-return": buyersReturn,
  health: elsewhere,
  malformed,
};

/** What is attacked: functions by their entry, and what is in front of them. */
export const attacked = Object.keys(makers);

/** A request to one of these, and which. One in 200 goes over a connection, which takes its time. */
export function makeAttempt(
  dice: Dice,
  known: Known,
  entries: readonly string[],
): Attempt & { entry: string } {
  const fast = entries.filter((entry) => entry !== "malformed");
  const isFast = fast.length > 0 && (fast.length === entries.length || !dice.oneIn(200));
  const entry = isFast ? dice.pick(fast) : "malformed";
  return { entry, ...makers[entry]!(dice, known) };
}
