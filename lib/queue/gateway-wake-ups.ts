import * as z from "zod";
import { isStorable } from "../clock.ts";
import type { WakeUp, WakeUps } from "../domain/wake-up.ts";
import type { Message, WakeUpQueue } from "./wake-up-queue.ts";

/** A row's id. The pattern matters, because the database would read `7x` as 7. */
const id = z
  .string()
  // mutation: message-row-id
  .regex(/^[1-9]\d{0,19}$/);
const count = z
  .number()
  .int()
  .min(0)
  // mutation: message-count
  .max(4_294_967_295);

/** A wake-up message in the notify queue: the delivery to send. */
export const deliveryMessage = z.object({
  task: id,
  merchant: id,
  generation: count,
  attempt: count,
  insist: z.literal(1).optional(),
});

const due = z
  .number()
  .int()
  .refine((ms) => isStorable(new Date(ms)));

/**
 * A wake-up message in the poll queue, for a payment or a refund. `due`: when the poll is due, in milliseconds since
 * 1970.
 */
export const pollMessage = z.union([
  z.object({ order_no: z.string().max(32), merchant: id, due }),
  z.object({ refund: id, merchant: id, due }),
]);

export function wakeUpOf(message: z.infer<typeof deliveryMessage>): WakeUp {
  const { task, merchant, generation, attempt, insist } = message;
  return { taskId: task, userId: merchant, generation, attempt, insist: insist === 1 };
}

export function deliveryMessageOf(wakeUp: WakeUp, due: Date): Message {
  const { taskId, userId, generation, attempt, insist } = wakeUp;
  return {
    body: { task: taskId, merchant: userId, generation, attempt, ...(insist && { insist: 1 }) },
    due,
    group: userId,
  };
}

export function pollMessageOf(order: { orderNo: string; userId: string }, due: Date): Message {
  const body = { order_no: order.orderNo, merchant: order.userId, due: due.getTime() };
  return { body, due, group: order.userId };
}

export function refundMessageOf(refund: { refundId: string; userId: string }, due: Date): Message {
  const body = { refund: refund.refundId, merchant: refund.userId, due: due.getTime() };
  return { body, due, group: refund.userId };
}

export function gatewayWakeUps(queues: { notify: WakeUpQueue; poll: WakeUpQueue }): WakeUps {
  return {
    notify: (wakeUp, due) => queues.notify.send(deliveryMessageOf(wakeUp, due)),
    pollPayment: (order, due) => queues.poll.send(pollMessageOf(order, due)),
    pollRefund: (refund, due) => queues.poll.send(refundMessageOf(refund, due)),
    async notifyAll(wakeUps, due) {
      const messages = wakeUps.map((wakeUp) => deliveryMessageOf(wakeUp, due));
      const unsent = new Set(await queues.notify.sendAll(messages));
      return wakeUps.filter((_, index) => unsent.has(messages[index]!));
    },
    async pollAllPayments(orders, due) {
      await queues.poll.sendAll(orders.map((order) => pollMessageOf(order, due)));
    },
    async pollAllRefunds(refunds, due) {
      await queues.poll.sendAll(refunds.map((refund) => refundMessageOf(refund, due)));
    },
  };
}
