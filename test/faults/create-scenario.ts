import { expect } from "vitest";
import { sessionCalls } from "../kits/stripe/session-calls.ts";
import { type ApiAnswer, anOrder, type Data } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import type { FaultWorld } from "./fault-world.ts";
import { steps } from "./matrix.ts";
import type { Message, Scenario } from "./scenario.ts";

type Created = { order: Data; answers: ApiAnswer[] };

const leaseSeconds = 12;

/** A merchant repeats a create until it succeeds; the buyer pays; the merchant is notified. */
export function createScenario(world: FaultWorld): Scenario<Created> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");
  const storedOrder = async ({ order }: Created) => {
    const sql = "SELECT * FROM payment_orders WHERE out_trade_no = ?";
    return (await world.rows.query<{ order_no: string; status: string }>(sql, [order.out_trade_no]))[0];
  };
  const orderNo = async (it: Created) => String((await storedOrder(it))?.order_no);
  const work = async (it: Created) => void it.answers.push(await api.create(it.order));
  /** The buyer pays the session at Stripe, of which the create may not know yet. */
  async function pays(it: Created): Promise<void> {
    await stripe.payUnopened(await orderNo(it));
    await stripe.accepted(await orderNo(it));
  }
  const firstPoll: Message<Created> = { entry: "poll", text: orderNo, kind: "delayed", seconds: 16 };

  return {
    begin: async () => ({ order: anOrder({ provider: "stripe" }), answers: [] }),
    work,
    rival: {
      entry: "create-payment",
      requests: work,
      // Its first check of whether the first create has finished.
      waits: { when: "before", what: "^sql select .*`out_trade_no` = ", nth: 2 },
    },
    overtaking: {
      C1: { at: { when: "before", what: "^sql begin" }, by: work },
      C2: { at: steps.C2.after, by: pays },
      C3: { at: steps.C3.before, by: pays },
      C4: { at: steps.C4.before, by: pays },
    },
    messages: { C2: firstPoll, C3: firstPoll, C4: firstPoll },
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
      await world.goesOnUntil(async () => (await world.notified(number)).length > 0);
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
      // The first call, and one that resumed it.
      expect(calls.length).toBeLessThanOrEqual(2);
      expect(new Set(calls.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
      expect(await world.rows.order(number)).toMatchObject({ status: "success" });
      expect(await world.notified(number)).toEqual(["payment.success"]);
    },
  };
}
