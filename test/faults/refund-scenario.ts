import { expect } from "vitest";
import type { ApiAnswer } from "../steps/api.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import type { FaultWorld } from "./fault-world.ts";
import { steps } from "./matrix.ts";
import type { Message, Scenario } from "./scenario.ts";

type Refunded = { orderNo: string; refundNo: string; answers: ApiAnswer[]; isRefused: boolean };

const leaseSeconds = 20;

/** A merchant repeats a refund of 60.00 of 100.00 until it has ended, and is notified. Stripe's webhooks are lost. */
export function refundScenario(world: FaultWorld): Scenario<Refunded> {
  const { api } = world;
  const stripe = simulatorOf(world, "stripe");
  const refunds = refundsOf(api);

  const ask = (it: Refunded, refundNo = it.refundNo) =>
    refunds.ask({ order_no: it.orderNo, refund_no: refundNo, amount: "60.00" });
  const work = async (it: Refunded) => void it.answers.push(await ask(it));
  const stored = async ({ refundNo }: Refunded) =>
    (
      await world.rows.query<{ id: string; status: string }>("SELECT * FROM refunds WHERE refund_no = ?", [
        refundNo,
      ])
    )[0];
  /** Another refund of the same payment takes the amount first. */
  async function another(it: Refunded): Promise<void> {
    expect((await ask(it, aRefundNo())).status).toBe(200);
    it.isRefused = true;
  }
  /** Stripe's webhook about the refund arrives before the response to the call is stored. */
  async function webhook({ orderNo }: Refunded): Promise<void> {
    await stripe.faults({});
    const before = (await stripe.webhooks(orderNo)).length;
    await stripe.resend(orderNo);
    await until(async () => (await stripe.webhooks(orderNo)).length > before);
    await stripe.faults({ lose: true });
  }

  const firstRefundPoll: Message<Refunded> = {
    entry: "poll",
    text: async (it) => `"refund":"${(await stored(it))!.id}"`,
    kind: "delayed",
    seconds: 16,
  };
  return {
    async begin() {
      const orderNo = await paidOrder(world, api, "stripe");
      await stripe.faults({ lose: true });
      return { orderNo, refundNo: aRefundNo(), answers: [], isRefused: false };
    },
    work,
    overtaking: {
      R1: { at: { when: "before", what: "^sql begin" }, by: another },
      R2: { at: steps.R2.after, by: webhook },
      R3: { at: steps.R3.before, by: webhook },
      R4: { at: steps.R4.before, by: webhook },
    },
    messages: {
      R2: firstRefundPoll,
      R3: firstRefundPoll,
      R4: { entry: "deliver-notifications", text: (it) => world.taskOf(it.orderNo, /^refund/), kind: "due" },
    },
    isDoneAtOnce: async ({ answers }) => answers[0]?.status === 200,
    async finish(it) {
      for (let tries = 0; !it.isRefused && it.answers.at(-1)?.data?.status !== "success"; tries++) {
        expect(tries).toBeLessThan(4);
        await world.passes(leaseSeconds + 1);
        await work(it);
      }
      await world.goesOnUntil(async () => (await refunds.notified(it.orderNo)).length > 0);
    },
    async expectEnd(it) {
      const { orderNo, isRefused } = it;
      for (const { status } of it.answers) expect(isRefused ? [400] : [200, 500, 503, 504]).toContain(status);
      expect(await world.rows.order(orderNo)).toMatchObject({
        refunded_minor: "6000",
        refund_reserved_minor: "0",
      });
      expect(await stripe.payments(orderNo)).toMatchObject([{ refunded_minor: 6000 }]);
      expect((await stored(it))?.status).toBe(isRefused ? undefined : "success");
      expect(await refunds.notified(orderNo)).toMatchObject([{ event: "refund.success" }]);
      expect(await world.notified(orderNo)).toEqual(["payment.success", "refund.success"]);
    },
  };
}
