import { logOf } from "../steps/captured-log.ts";
import type { Attempt } from "./attempt.ts";
import { type Dice, diceOf } from "./dice.ts";
import { canaries, type Known } from "./known.ts";
import type { Ground } from "./open-ground.ts";
import { attacked, makeAttempt } from "./requests.ts";
import { send } from "./send.ts";

export type Plan = {
  seed: number;
  /** Number of the first request; each is made by the seed and its number alone. */
  from: number;
  requests: number;
  /** Entries of functions; absent: all. */
  only?: readonly string[];
};

/** What came of it, by what the answers and the log say. */
export type Tally = {
  requests: number;
  byKind: Map<string, number>;
  byStatus: Map<number, number>;
  /** Refusals of webhooks by their reason: how far they came. */
  byReason: Map<string, number>;
  /** What should never be, with all that repeats it. */
  wrong: string[];
};

/** So many at once: a function has one connection to the database, and waits for it two seconds at most. */
const lanes = 4;

export const emptyTally = (): Tally => ({
  requests: 0,
  byKind: new Map(),
  byStatus: new Map(),
  byReason: new Map(),
  wrong: [],
});

/** Sends the requests of a plan and adds to the tally. What they did to the database is the caller's to see. */
export async function runAttack(ground: Ground, plan: Plan, tally: Tally): Promise<void> {
  let next = plan.from;
  const end = plan.from + plan.requests;
  const lane = async () => {
    while (next < end) await attack(ground, plan, next++, tally);
  };
  const lines = await logOf(async () => void (await Promise.all(Array.from({ length: lanes }, lane))));
  for (const { message, verdict, reason } of lines) {
    if (message === "webhook") count(tally.byReason, `${verdict}: ${reasonOf(reason)}`);
  }
  if (leaks(JSON.stringify(lines)))
    tally.wrong.push(`a log line between ${plan.from} and ${end} says what is the victim's`);
}

async function attack({ known, world }: Ground, plan: Plan, number: number, tally: Tally): Promise<void> {
  const dice = diceOf(plan.seed, number);
  const attempt = makeAttempt(dice, known, plan.only ?? attacked);
  const answer = await send(attempt, sourceOf(dice), world);
  tally.requests += 1;
  count(tally.byKind, `${attempt.entry}: ${attempt.kind}`);
  count(tally.byStatus, answer?.status ?? 0);
  const why = wrongWith(attempt, answer, known);
  if (why) tally.wrong.push(`seed ${plan.seed}, request ${number}: ${why}\n${inWords(attempt)}`);
}

/** Most have an address of their own, so that no limit keeps them from what is behind it; some share one. */
function sourceOf(dice: Dice): string {
  if (dice.oneIn(10)) return "198.51.100.7";
  return [10, dice.int(256), dice.int(256), dice.int(256)].join(".");
}

type Answered = { status: number; headers: object; body: Buffer } | undefined;

function wrongWith(attempt: Attempt, answer: Answered, { victim }: Known): string | null {
  if (!answer) return "the function gave no HTTP answer";
  const { status, headers, body } = answer;
  const said = `${JSON.stringify(headers)} ${body}`;
  if (status >= 500) return `answered ${status}: ${body}`;
  if (status < 400 && !attempt.mayBeAnswered) return `was believed: ${status} ${body}`;
  const learned =
    leaks(said) ||
    numbersOf(victim).some((number) => said.includes(number) && !asked(attempt).includes(number));
  return learned ? `says what is the victim's: ${said}` : null;
}

const numbersOf = ({ orders }: Known["victim"]) =>
  orders
    .flatMap(({ orderNo, outTradeNo, tradeNo, refundNo }) => [orderNo, outTradeNo, tradeNo, refundNo])
    .filter(Boolean);

/** What somebody says who asks for it is no news to him. */
const asked = ({ target, body, bytes }: Attempt) => `${target} ${body} ${bytes ?? ""}`;

const leaks = (text: string) => Object.values(canaries).some((canary) => text.includes(canary));

function inWords({ kind, method, target, headers, body, bytes }: Attempt): string {
  if (bytes) return `${kind}\n  ${JSON.stringify(bytes.toString("latin1"))}`;
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return [kind, `  ${method} ${target}`, ...lines, `  ${JSON.stringify(body.toString("latin1"))}`].join("\n");
}

/** Without the numbers and names in it. */
const reasonOf = (reason: unknown) => String(reason).replace(/\d+|127\.0\.0\.1:\d+/g, "…");

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
