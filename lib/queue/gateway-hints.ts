import * as z from "zod";
import { isStorable } from "../clock.ts";
import type { Hint, Hints } from "../payment/ports.ts";
import type { HintQueue, Message } from "./hints.ts";

/** Of a row. The database would read `7x` as 7. */
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

/** A hint in the notify queue: which row to look at. */
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

/** A hint in the recheck queue: a payment or a refund. `due`: the time it is for, in milliseconds since 1970. */
export const recheckMessage = z.union([
  z.object({ order_no: z.string().max(32), merchant: id, due }),
  z.object({ refund: id, merchant: id, due }),
]);

export function hintOf(message: z.infer<typeof deliveryMessage>): Hint {
  const { task, merchant, generation, attempt, insist } = message;
  return { taskId: task, userId: merchant, generation, attempt, insist: insist === 1 };
}

export function deliveryMessageOf(hint: Hint, due: Date): Message {
  const { taskId, userId, generation, attempt, insist } = hint;
  return {
    body: { task: taskId, merchant: userId, generation, attempt, ...(insist && { insist: 1 }) },
    due,
    group: userId,
  };
}

export function recheckMessageOf(order: { orderNo: string; userId: string }, due: Date): Message {
  const body = { order_no: order.orderNo, merchant: order.userId, due: due.getTime() };
  return { body, due, group: order.userId };
}

export function refundMessageOf(refund: { refundId: string; userId: string }, due: Date): Message {
  const body = { refund: refund.refundId, merchant: refund.userId, due: due.getTime() };
  return { body, due, group: refund.userId };
}

export function gatewayHints(queues: { notify: HintQueue; recheck: HintQueue }): Hints {
  return {
    notify: (hint, due) => queues.notify.send(deliveryMessageOf(hint, due)),
    recheck: (order, due) => queues.recheck.send(recheckMessageOf(order, due)),
    recheckRefund: (refund, due) => queues.recheck.send(refundMessageOf(refund, due)),
  };
}
