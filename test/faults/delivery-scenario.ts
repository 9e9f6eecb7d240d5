import { expect } from "vitest";
import { anOrder } from "../steps/api.ts";
import type { Received } from "../steps/queues.ts";
import { simulatorOf } from "../steps/simulator.ts";
import type { FaultWorld } from "./fault-world.ts";
import { type Cell, type CellName, steps } from "./matrix.ts";
import type { Scenario } from "./scenario.ts";

type Delivered = { orderNo: string; cell: Cell; message?: Received };

const entry = "deliver-notifications";

/**
 * Cells in which the merchant receives the notification twice: its first response was a 500 or was lost, or the process
 * died before the response was committed. In every other cell the merchant receives it once.
 */
const receivedTwice: ReadonlySet<CellName> = new Set([
  "N2×queue early",
  "N3×killed after",
  "N3×time-out",
  "N4×killed before",
  "N4×reordered",
  "N4×queue late",
  "N4×queue lost",
]);

/** The wake-up message of a paid order's notification is in the queue; the merchant receives the notification. */
export function deliveryScenario(world: FaultWorld): Scenario<Delivered> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");

  async function work(it: Delivered): Promise<void> {
    it.message ??= await world.message(entry, await world.taskOf(it.orderNo));
    await world.handle(entry, it.message);
  }
  /** A wake-up message of the sweeper, for which the sender does not need the lock in Redis. */
  async function insists(it: Delivered): Promise<void> {
    const { record } = it.message!;
    const body = JSON.stringify({ ...JSON.parse(record.body), insist: 1 });
    await world.processes.invoke(entry, { Records: [{ ...record, body }] });
  }
  /** Another notification of the same merchant is sent first. */
  async function another(): Promise<void> {
    const other = await paidOrder();
    const message = await world.message(entry, await world.taskOf(other));
    await world.handle(entry, message);
  }
  async function paidOrder(): Promise<string> {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const orderNo = String(data.order_no);
    await stripe.payUnopened(orderNo);
    await stripe.accepted(orderNo);
    return orderNo;
  }
  async function sweepFinishesIt(): Promise<void> {
    await world.passes(61);
    await world.processes.invoke("sweep", {});
    await world.queues.drain();
  }

  const message = {
    entry,
    text: ({ orderNo }: Delivered) => world.taskOf(orderNo),
    kind: "worked on",
  } as const;
  return {
    async begin(cell) {
      if (cell.step === "N5" || cell.name === "N4×reordered" || cell.name === "N2×queue early")
        await api.inboxAnswers({ status: 500, times: 1 });
      const it: Delivered = { orderNo: await paidOrder(), cell };
      // The first attempt fails, and the wake-up message of the next one is in the queue.
      if (cell.name === "N2×queue early") await world.queues.drain();
      return it;
    },
    work,
    rival: { entry, requests: insists },
    overtaking: {
      N1: { at: steps.N1.before, by: another },
      N2: { at: { when: "before", what: "^sql begin" }, by: another },
      N3: { at: steps.N3.before, by: another },
      // The process was suspended for longer than its lease, and another one has notified the merchant since.
      N4: { at: steps.N4.before, by: sweepFinishesIt },
      N5: { at: steps.N5.before, by: sweepFinishesIt },
    },
    messages: {
      N1: message,
      N2: { ...message, seconds: 60 },
      N3: message,
      N4: message,
      N5: { ...message, kind: "delayed", seconds: 61 },
    },
    async isDoneAtOnce({ orderNo, cell }) {
      const [task] = await world.rows.notifications(orderNo);
      return task!.status === (cell.step === "N5" ? "pending" : "success");
    },
    finish: ({ orderNo }) =>
      world.goesOnUntil(async () => (await world.rows.notifications(orderNo))[0]!.status === "success"),
    async expectEnd({ orderNo, cell }) {
      const notified = await world.notifications(orderNo);
      const times = receivedTwice.has(cell.name) || cell.step === "N5" ? 2 : 1;
      expect(notified).toHaveLength(times);
      expect(new Set(notified.map(({ body, headers }) => `${headers["webhook-id"]} ${body}`)).size).toBe(1);
      expect(await world.rows.notifications(orderNo)).toMatchObject([{ status: "success", generation: 1 }]);
      const received = (await world.rows.sends(orderNo)).filter(({ outcome }) => outcome === "received");
      expect(received).toHaveLength(1);
      // The merchant receives nothing more, however much time passes.
      await world.passes(3600);
      await world.processes.invoke("sweep", {});
      await world.queues.drain();
      expect(await world.notifications(orderNo)).toHaveLength(times);
    },
  };
}
