import { expect } from "vitest";
import { anOrder } from "../steps/api.ts";
import { simulatorOf, until } from "../steps/simulator.ts";
import type { FaultWorld } from "./fault-world.ts";
import { steps } from "./matrix.ts";
import type { Scenario } from "./scenario.ts";

type Heard = { orderNo: string; isPaid: boolean };

/** A buyer pays, and Stripe says so until it is acknowledged; the merchant is told. */
export function webhookScenario(world: FaultWorld): Scenario<Heard> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");

  /** Makes Stripe say something, and waits until one of its calls was answered, in whatever way. */
  async function isCalled({ orderNo }: Heard, cause: () => Promise<unknown>): Promise<void> {
    const before = (await stripe.webhooks(orderNo)).length;
    await cause();
    await until(async () => (await stripe.webhooks(orderNo)).length > before);
  }
  /** What Stripe said before, that the payment has begun, is under way for longer than what it says now. */
  const delayedWord = (it: Heard) => isCalled(it, () => world.passes(3));

  return {
    async begin({ fault }) {
      const { data } = await api.create(anOrder({ provider: "stripe" }));
      const orderNo = String(data.order_no);
      if (fault === "reordered") {
        await stripe.faults({ delay_ms: 2_000, times: 1 });
        await stripe.start(orderNo);
      }
      return { orderNo, isPaid: false };
    },
    async work(it) {
      const say = it.isPaid ? stripe.resend : stripe.payUnopened;
      it.isPaid = true;
      await isCalled(it, () => say(it.orderNo));
    },
    overtaking: {
      W1: { at: steps.W1.before, by: delayedWord },
      W2: { at: steps.W2.before, by: delayedWord },
      W3: { at: steps.W3.before, by: delayedWord },
      W4: { at: steps.W4.before, by: delayedWord },
    },
    messages: {
      W3: { entry: "deliver-notifications", text: ({ orderNo }) => world.taskOf(orderNo), kind: "due" },
    },
    isDoneAtOnce: async ({ orderNo }) =>
      (await stripe.webhooks(orderNo)).every(({ outcome }) => outcome === "accepted"),
    async finish({ orderNo }) {
      // Stripe's next try.
      await world.passes(2);
      await stripe.accepted(orderNo);
      // Before any look-up: nothing is acknowledged that is not committed.
      expect(await world.rows.order(orderNo)).toMatchObject({ status: "success" });
      await world.goesOnUntil(async () => (await world.told(orderNo)).length > 0);
    },
    async expectEnd({ orderNo }) {
      expect(await stripe.payments(orderNo)).toMatchObject([{ status: "paid" }]);
      const trade_no = (await stripe.payments(orderNo))[0]?.trade_no;
      expect(await world.rows.order(orderNo)).toMatchObject({ status: "success", trade_no, late_success: 0 });
      expect(
        (await world.rows.statusLogs(orderNo)).map(({ to }) => to).filter((to) => to === "success"),
      ).toHaveLength(1);
      expect(await world.rows.notifications(orderNo)).toMatchObject([
        { event: "payment.success", status: "success" },
      ]);
      expect(await world.told(orderNo)).toEqual(["payment.success"]);
    },
  };
}
