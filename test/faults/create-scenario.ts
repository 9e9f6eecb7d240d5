import { expect } from "vitest";
import { type ApiAnswer, anOrder, type Data } from "../steps/api.ts";
import { sessionCalls } from "../steps/ledgers.ts";
import { simulatorOf } from "../steps/simulator.ts";
import type { FaultWorld } from "./fault-world.ts";
import { steps } from "./matrix.ts";
import type { Message, Scenario } from "./scenario.ts";

type Created = { order: Data; answers: ApiAnswer[] };

const leaseSeconds = 12;

/** A merchant creates a payment, and creates it again until it is answered; the buyer pays; the merchant is told. */
export function createScenario(world: FaultWorld): Scenario<Created> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");
  const storedOrder = async ({ order }: Created) => {
    const sql = "SELECT * FROM payment_orders WHERE out_trade_no = ?";
    return (await world.rows.query<{ order_no: string; status: string }>(sql, [order.out_trade_no]))[0];
  };
  const orderNo = async (it: Created) => String((await storedOrder(it))?.order_no);
  const work = async (it: Created) => void it.answers.push(await api.create(it.order));
  /** The buyer pays what was made there, of which the create may not have heard yet. */
  async function pays(it: Created): Promise<void> {
    await stripe.payUnopened(await orderNo(it));
    await stripe.accepted(await orderNo(it));
  }
  const firstLookUp: Message<Created> = { entry: "recheck", text: orderNo, kind: "delayed", seconds: 16 };

  return {
    begin: async () => ({ order: anOrder({ provider: "stripe" }), answers: [] }),
    work,
    rival: {
      entry: "create-payment",
      asks: work,
      // The first time it asks whether the first has finished.
      waits: { when: "before", what: "^sql select .*`out_trade_no` = ", nth: 2 },
    },
    overtaking: {
      C1: { at: { when: "before", what: "^sql begin" }, by: work },
      C2: { at: steps.C2.after, by: pays },
      C3: { at: steps.C3.before, by: pays },
      C4: { at: steps.C4.before, by: pays },
    },
    messages: { C2: firstLookUp, C3: firstLookUp, C4: firstLookUp },
    isDoneAtOnce: async ({ answers }) => answers[0]?.status === 200,
    async finish(it) {
      for (let tries = 0; it.answers.at(-1)?.status !== 200; tries++) {
        expect(tries).toBeLessThan(3);
        await world.passes(leaseSeconds + 1);
        await Promise.all([work(it), work(it)]);
      }
      await work(it);
      if ((await storedOrder(it))?.status !== "success") await pays(it);
      const number = await orderNo(it);
      await world.goesOnUntil(async () => (await world.told(number)).length > 0);
    },
    async expectEnd(it) {
      const answers = it.answers.filter(({ status }) => status === 200).map(({ data }) => data);
      const [first] = answers;
      for (const answer of answers) expect({ ...answer, status: "" }).toEqual({ ...first, status: "" });
      for (const { status } of it.answers) expect([200, 500, 503, 504]).toContain(status);
      const number = await orderNo(it);
      expect(first).toMatchObject({ order_no: number });
      expect(
        await world.rows.query("SELECT COUNT(*) AS orders FROM payment_orders WHERE out_trade_no = ?", [
          it.order.out_trade_no,
        ]),
      ).toEqual([{ orders: "1" }]);
      expect(await stripe.payments(number)).toMatchObject([{ created: 1, status: "paid" }]);
      const calls = await sessionCalls(stripe, it.order.out_trade_no);
      // The first, and one that resumed it.
      expect(calls.length).toBeLessThanOrEqual(2);
      expect(new Set(calls.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
      expect(await world.rows.order(number)).toMatchObject({ status: "success" });
      expect(await world.told(number)).toEqual(["payment.success"]);
    },
  };
}
