import { expect } from "vitest";
import { type ApiAnswer, anOrder } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import type { FaultWorld } from "./fault-world.ts";
import { steps } from "./matrix.ts";
import type { Scenario } from "./scenario.ts";

type Closed = { orderNo: string; answers: ApiAnswer[]; isPaid: boolean };

/** A merchant repeats a close until the payment is closed, and is notified. Stripe's webhooks are lost. */
export function closeScenario(world: FaultWorld): Scenario<Closed> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");
  const work = async (it: Closed) => void it.answers.push(await api.close(it.orderNo));

  /** The buyer pays before the close reaches Stripe. */
  async function pays(it: Closed): Promise<void> {
    await stripe.faults({});
    await stripe.payUnopened(it.orderNo);
    await stripe.accepted(it.orderNo);
    it.isPaid = true;
  }
  /** Stripe's webhook about the close arrives before the response to the call is stored. */
  async function webhook({ orderNo }: Closed): Promise<void> {
    await stripe.faults({});
    await stripe.resend(orderNo);
    await stripe.accepted(orderNo);
  }

  return {
    async begin() {
      await stripe.faults({ lose: true });
      const { data } = await api.create(anOrder({ provider: "stripe" }));
      return { orderNo: String(data.order_no), answers: [], isPaid: false };
    },
    work,
    overtaking: {
      X0: { at: steps.X0.before, by: pays },
      X1: { at: steps.X1.before, by: pays },
      X2: { at: steps.X2.before, by: webhook },
    },
    messages: {
      X0: { entry: "poll", text: async ({ orderNo }) => orderNo, kind: "delayed", seconds: 16 },
      X1: { entry: "poll", text: async ({ orderNo }) => orderNo, kind: "delayed", seconds: 16 },
      X2: { entry: "deliver-notifications", text: ({ orderNo }) => world.taskOf(orderNo), kind: "due" },
    },
    isDoneAtOnce: async ({ answers }) => answers[0]?.status === 200,
    async finish(it) {
      for (let tries = 0; !it.isPaid && it.answers.at(-1)?.status !== 200; tries++) {
        expect(tries).toBeLessThan(3);
        await world.passes(5);
        await work(it);
      }
      await world.goesOnUntil(async () => (await world.notified(it.orderNo)).length > 0);
    },
    async expectEnd({ orderNo, answers, isPaid }) {
      for (const { status } of answers) expect(isPaid ? [409] : [200, 409, 500, 502, 503]).toContain(status);
      const [payment, ...others] = await stripe.payments(orderNo);
      expect(others).toEqual([]);
      expect(payment).toMatchObject({ status: isPaid ? "paid" : "closed" });
      expect(await world.rows.order(orderNo)).toMatchObject({
        status: isPaid ? "success" : "closed",
        version: 3,
      });
      expect(await world.notified(orderNo)).toEqual([isPaid ? "payment.success" : "payment.closed"]);
    },
  };
}
