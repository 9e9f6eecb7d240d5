import type { Clock } from "../../lib/clock.ts";
import { reach } from "../../lib/failpoint.ts";
import { hopSeconds, type Message, type WakeUpQueue } from "../../lib/queue/wake-up-queue.ts";

/** A message in the queue; `visibleAt` is when a real queue would deliver it first. */
export type Waiting = { body: string; visibleAt: number };

/** A delay queue whose messages the history delivers: early, late, twice, in any order or never. */
export type HostileQueue = WakeUpQueue & {
  readonly waiting: Waiting[];
  /** Loses all messages while true: `send` hides that from the sender, `sendAll` reports it. */
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
        // A lost wake-up message only costs time.
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
