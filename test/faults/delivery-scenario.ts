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
 * Cells in which the merchant hears of it twice: its first answer was a 500, or was lost, or the process died before the
 * merchant's answer was committed. In every other one it hears of it once.
 */
const heardTwice: ReadonlySet<CellName> = new Set([
  "N2×queue early",
  "N3×killed after",
  "N3×time-out",
  "N4×killed before",
  "N4×reordered",
  "N4×queue late",
  "N4×queue lost",
]);

/** A paid order's notification is in the queue; the merchant hears of it. */
export function deliveryScenario(world: FaultWorld): Scenario<Delivered> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");

  async function work(it: Delivered): Promise<void> {
    it.message ??= await world.message(entry, await world.taskOf(it.orderNo));
    await world.handle(entry, it.message);
  }
  /** The sweeper's own hint, which asks no lock. */
  async function insists(it: Delivered): Promise<void> {
    const { record } = it.message!;
    const body = JSON.stringify({ ...JSON.parse(record.body), insist: 1 });
    await world.processes.invoke(entry, { Records: [{ ...record, body }] });
  }
  /** Another notification of the same merchant comes before it. */
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
      // Its first attempt fails, and the next one's hint is under way.
      if (cell.name === "N2×queue early") await world.queues.drain();
      return it;
    },
    work,
    rival: { entry, asks: insists },
    overtaking: {
      N1: { at: steps.N1.before, by: another },
      N2: { at: { when: "before", what: "^sql begin" }, by: another },
      N3: { at: steps.N3.before, by: another },
      // It was suspended for longer than its lease, and somebody else has told the merchant since.
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
      const told = await world.notifications(orderNo);
      const times = heardTwice.has(cell.name) || cell.step === "N5" ? 2 : 1;
      expect(told).toHaveLength(times);
      expect(new Set(told.map(({ body, headers }) => `${headers["webhook-id"]} ${body}`)).size).toBe(1);
      expect(await world.rows.notifications(orderNo)).toMatchObject([{ status: "success", generation: 1 }]);
      const received = (await world.rows.sends(orderNo)).filter(({ outcome }) => outcome === "received");
      expect(received).toHaveLength(1);
      // Nothing more comes, however long one waits.
      await world.passes(3600);
      await world.processes.invoke("sweep", {});
      await world.queues.drain();
      expect(await world.notifications(orderNo)).toHaveLength(times);
    },
  };
}
