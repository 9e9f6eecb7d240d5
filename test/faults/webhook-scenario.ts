import { expect } from "vitest";
import { anOrder } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import type { FaultWorld } from "./fault-world.ts";
import { steps } from "./matrix.ts";
import type { Scenario } from "./scenario.ts";

type PaidOrder = { orderNo: string; isPaid: boolean };

/** A buyer pays, and Stripe repeats its webhook until it is acknowledged; the merchant is notified. */
export function webhookScenario(world: FaultWorld): Scenario<PaidOrder> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");

  /** Makes Stripe send a webhook, and waits until one of its calls was answered in any way. */
  async function isCalled({ orderNo }: PaidOrder, cause: () => Promise<unknown>): Promise<void> {
    const before = (await stripe.webhooks(orderNo)).length;
    await cause();
    await until(async () => (await stripe.webhooks(orderNo)).length > before);
  }
  /** An earlier webhook of Stripe, that the payment has begun, arrives after the current one. */
  const delayedWebhook = (it: PaidOrder) => isCalled(it, () => world.passes(3));

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
      W1: { at: steps.W1.before, by: delayedWebhook },
      W2: { at: steps.W2.before, by: delayedWebhook },
      W3: { at: steps.W3.before, by: delayedWebhook },
      W4: { at: steps.W4.before, by: delayedWebhook },
    },
    messages: {
      W3: { entry: "deliver-notifications", text: ({ orderNo }) => world.taskOf(orderNo), kind: "due" },
    },
    isDoneAtOnce: async ({ orderNo }) =>
      (await stripe.webhooks(orderNo)).every(({ outcome }) => outcome === "accepted"),
    async finish({ orderNo }) {
      // Time for Stripe's next retry.
      await world.passes(2);
      await stripe.accepted(orderNo);
      // No poll has run yet: a webhook is acknowledged only after its commit.
      expect(await world.rows.order(orderNo)).toMatchObject({ status: "success" });
      await world.goesOnUntil(async () => (await world.notified(orderNo)).length > 0);
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
      expect(await world.notified(orderNo)).toEqual(["payment.success"]);
    },
  };
}
