import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { AttemptFault, Faults } from "./faults.ts";
import type { Log } from "./listen.ts";
import { type Incoming, type Outgoing, request } from "./request.ts";
import type { Scheduler } from "./scheduler.ts";

/** One webhook. `compose` is called for every attempt, because providers date and sign each attempt. */
export type Webhook = {
  orderNo: string;
  event: string;
  url: string;
  compose(fault: AttemptFault): { headers: Record<string, string>; body: string };
};

/** One line of `GET /_sim/webhooks`. `attempt` 0 = never sent. */
export type WebhookLine = {
  at: string;
  order_no: string;
  event: string;
  url: string;
  attempt: number;
  status: number | null;
  outcome: "accepted" | "refused" | "unreachable" | "lost";
};

export type WebhookSender = {
  send(webhook: Webhook): void;
  /** Sends this order's newest webhooks (one per URL) again. False when it has none. */
  resend(orderNo: string): boolean;
  lines(): WebhookLine[];
};

/** Sends a webhook to its receiver and returns the receiver's answer. */
export type Post = (webhook: Outgoing) => Promise<Incoming>;

export type Sending = {
  clock: Clock;
  scheduler: Scheduler;
  faults: Faults;
  log: Log;
  /** The provider's waits after a refused attempt, in seconds of the clock; as many retries as there are waits. */
  retryAfterSeconds: readonly number[];
  accepts(answer: Incoming): boolean;
  /** Real milliseconds a receiver has to answer; absent: 10 seconds. */
  answerWithinMs?: number;
  post?: Post | undefined;
};

const defaultAnswerWithinMs = 10_000;
/** Real milliseconds a reordered webhook waits for another one to overtake it. */
const reorderWindowMs = 1_000;
/** How many lines are kept; limits the memory that a long load test needs. */
const maxLines = 50_000;

/** Delivers webhooks in the background, retries them as the provider does, and applies the webhook faults. */
export function createWebhookSender(sending: Sending): WebhookSender {
  const {
    clock,
    scheduler,
    faults,
    answerWithinMs: timeoutMs = defaultAnswerWithinMs,
    post = request,
  } = sending;
  const lines: WebhookLine[] = [];
  const newest = new Map<string, Map<string, Webhook>>();
  let held: (() => Promise<void>) | undefined;

  function note(line: WebhookLine): void {
    lines.push(line);
    if (lines.length > maxLines) lines.shift();
    sending.log(
      `webhook ${line.event} ${line.order_no} attempt ${line.attempt}: ${line.outcome} ${line.status ?? ""}`,
    );
  }

  async function attempt(webhook: Webhook, number: number): Promise<void> {
    const { orderNo: order_no, event, url } = webhook;
    const fault = faults.onAttempt();
    const { headers, body } = webhook.compose(fault);
    const line = { at: clock.now().toISOString(), order_no, event, url, attempt: number };
    try {
      const sent = fault.tamper ? tampered(body) : body;
      const answer = await post({ method: "POST", url, headers, body: sent, timeoutMs });
      const accepted = sending.accepts(answer);
      note({ ...line, status: answer.status, outcome: accepted ? "accepted" : "refused" });
      if (accepted) return;
    } catch (error) {
      sending.log(`webhook to ${url}: ${String(error)}`);
      note({ ...line, status: null, outcome: "unreachable" });
    }
    const wait = sending.retryAfterSeconds[number - 1];
    if (wait !== undefined) {
      scheduler.at(secondsAfter(clock.now(), wait), () => void attempt(webhook, number + 1));
    }
  }

  /** Sends the held webhook once the newer one has been answered. */
  async function overtaking(deliver: () => Promise<void>): Promise<void> {
    const waiting = held;
    held = undefined;
    await deliver();
    await waiting?.();
  }

  function hold(deliver: () => Promise<void>): void {
    held = deliver;
    setTimeout(() => {
      if (held === deliver) void overtaking(async () => {});
    }, reorderWindowMs).unref();
  }

  function send(webhook: Webhook): void {
    const { orderNo, event, url } = webhook;
    newest.set(orderNo, (newest.get(orderNo) ?? new Map()).set(url, webhook));
    const fault = faults.onWebhook();
    if (fault.lose) {
      const at = clock.now().toISOString();
      note({ at, order_no: orderNo, event, url, attempt: 0, status: null, outcome: "lost" });
      return;
    }
    const copies = fault.duplicate ? [1, 2] : [1];
    const deliver = async () => void (await Promise.all(copies.map(() => attempt(webhook, 1))));
    if (fault.delay_ms) scheduler.at(secondsAfter(clock.now(), fault.delay_ms / 1000), () => void deliver());
    else if (fault.reorder && held === undefined) hold(deliver);
    else setImmediate(() => void overtaking(deliver));
  }

  return {
    send,
    resend(orderNo) {
      const webhooks = [...(newest.get(orderNo)?.values() ?? [])];
      for (const webhook of webhooks) send(webhook);
      return webhooks.length > 0;
    },
    lines: () => lines,
  };
}

/** Finds an amount in a form or JSON body: the total first, then any amount, otherwise any digit. */
const digits = [
  /(?:amount_total|total_amount)[^0-9]{1,4}(?=\d)/,
  /amount[^0-9]{1,4}(?=\d)/,
  /"value":"(?=\d)/,
  /(?=\d)/,
];

/** The body with one digit changed, so that it still parses. */
function tampered(body: string): string {
  const found = digits.map((pattern) => pattern.exec(body)).find((match) => match !== null);
  if (!found) return `${body} `;
  const at = found.index + found[0].length;
  return body.slice(0, at) + ((Number(body[at]) % 9) + 1) + body.slice(at + 1);
}
