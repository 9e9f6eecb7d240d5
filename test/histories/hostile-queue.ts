import type { Clock } from "../../lib/clock.ts";
import { reach } from "../../lib/failpoint.ts";
import { type HintQueue, hopSeconds, type Message } from "../../lib/queue/hints.ts";

/** A message that waits; `visibleAt` is when a real queue would hand it out first. */
export type Waiting = { body: string; visibleAt: number };

/** A delay queue whose messages the history hands out: early, late, twice, in any order or never. */
export type HostileQueue = HintQueue & {
  readonly waiting: Waiting[];
  /** Takes nothing more until it is up again; senders do not notice, or are told, as on a bad day of SQS. */
  down: boolean;
};

export function hostileQueue(name: string, clock: Clock): HostileQueue {
  const waiting: Waiting[] = [];

  function put({ body, due }: Message): void {
    const now = clock.now();
    waiting.push({ body: JSON.stringify(body), visibleAt: now.getTime() + hopSeconds(due, now) * 1000 });
  }

  const queue: HostileQueue = {
    waiting,
    down: false,
    async send(message) {
      try {
        await reach("before", `queue ${name}`);
        if (!queue.down) put(message);
        await reach("after", `queue ${name}`);
      } catch {
        // A hint that is lost costs nothing but time.
      }
    },
    async sendAll(messages) {
      try {
        await reach("before", `queue ${name}`);
        if (queue.down) return messages;
        messages.forEach(put);
        await reach("after", `queue ${name}`);
        return [];
      } catch {
        return messages;
      }
    },
    reachable: async () => !queue.down,
  };
  return queue;
}
