import { logOf } from "../steps/captured-log.ts";
import type { Attempt } from "./attempt.ts";
import type { Setup } from "./open-setup.ts";
import { attacked, makeAttempt } from "./requests.ts";
import { type Rng, rngOf } from "./rng.ts";
import { send } from "./send.ts";
import { canaries, type Targets } from "./targets.ts";

export type Plan = {
  seed: number;
  /** Number of the first request. Each request depends only on the seed and its number. */
  from: number;
  requests: number;
  /** Names of targets; absent: all. */
  only?: readonly string[];
};

/** Results of an attack, from the responses and the log. */
export type Tally = {
  requests: number;
  byKind: Map<string, number>;
  byStatus: Map<number, number>;
  /** Refused webhooks by reason, which shows how far they got. */
  byReason: Map<string, number>;
  /** Violations, each with what is needed to repeat it. */
  wrong: string[];
};

/** Concurrent requests. Few, because a function waits at most two seconds for its only database connection. */
const lanes = 4;

export const emptyTally = (): Tally => ({
  requests: 0,
  byKind: new Map(),
  byStatus: new Map(),
  byReason: new Map(),
  wrong: [],
});

/** Sends the requests of a plan and adds to the tally. The caller checks the database for changes. */
export async function runAttack(setup: Setup, plan: Plan, tally: Tally): Promise<void> {
  let next = plan.from;
  const end = plan.from + plan.requests;
  const lane = async () => {
    while (next < end) await attack(setup, plan, next++, tally);
  };
  const lines = await logOf(async () => void (await Promise.all(Array.from({ length: lanes }, lane))));
  for (const { message, verdict, reason } of lines) {
    if (message === "webhook") count(tally.byReason, `${verdict}: ${reasonOf(reason)}`);
  }
  if (leaks(JSON.stringify(lines)))
    tally.wrong.push(`a log line of requests ${plan.from} to ${end} holds the victim's data`);
}

async function attack({ targets, world }: Setup, plan: Plan, number: number, tally: Tally): Promise<void> {
  const rng = rngOf(plan.seed, number);
  const attempt = makeAttempt(rng, targets, plan.only ?? attacked);
  const answer = await send(attempt, sourceOf(rng), world);
  tally.requests += 1;
  count(tally.byKind, `${attempt.entry}: ${attempt.kind}`);
  count(tally.byStatus, answer?.status ?? 0);
  const why = wrongWith(attempt, answer, targets);
  if (why) tally.wrong.push(`seed ${plan.seed}, request ${number}: ${why}\n${inWords(attempt)}`);
}

/** Most requests have an address of their own, so that failure limits do not stop them; one in ten shares one. */
function sourceOf(rng: Rng): string {
  if (rng.oneIn(10)) return "198.51.100.7";
  return [10, rng.int(256), rng.int(256), rng.int(256)].join(".");
}

type Answered = { status: number; headers: object; body: Buffer } | undefined;

function wrongWith(attempt: Attempt, answer: Answered, { victim }: Targets): string | null {
  if (!answer) return "the function returned no HTTP response";
  const { status, headers, body } = answer;
  const said = `${JSON.stringify(headers)} ${body}`;
  if (status >= 500) return `answered ${status}: ${body}`;
  if (status < 400 && !attempt.mayBeAnswered) return `was accepted: ${status} ${body}`;
  const learned =
    leaks(said) ||
    numbersOf(victim).some((number) => said.includes(number) && !requested(attempt).includes(number));
  return learned ? `the response holds the victim's data: ${said}` : null;
}

const numbersOf = ({ orders }: Targets["victim"]) =>
  orders
    .flatMap(({ orderNo, outTradeNo, tradeNo, refundNo }) => [orderNo, outTradeNo, tradeNo, refundNo])
    .filter(Boolean);

/** The texts of the request itself, which the response may repeat. */
const requested = ({ target, body, bytes }: Attempt) => `${target} ${body} ${bytes ?? ""}`;

const leaks = (text: string) => Object.values(canaries).some((canary) => text.includes(canary));

function inWords({ kind, method, target, headers, body, bytes }: Attempt): string {
  if (bytes) return `${kind}\n  ${JSON.stringify(bytes.toString("latin1"))}`;
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return [kind, `  ${method} ${target}`, ...lines, `  ${JSON.stringify(body.toString("latin1"))}`].join("\n");
}

/** The reason without its variable numbers and addresses. */
const reasonOf = (reason: unknown) => String(reason).replace(/\d+|127\.0\.0\.1:\d+/g, "…");

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
