import { expect } from "vitest";
import { anOrder } from "../steps/api.ts";
import type { Received } from "../steps/queues.ts";
import { simulatorOf } from "../steps/simulator.ts";
import type { FaultWorld } from "./fault-world.ts";
import { type CellName, steps } from "./matrix.ts";
import type { Scenario } from "./scenario.ts";

type Captured = { orderNo: string; paymentId: string; name: CellName; message?: Received };

const entry = "poll";
const early: CellName = "K1×queue early";
/** A faster rival's capture is declined for the buyer's first card: the approval read before it no longer holds. */
const declined: CellName = "K1×reordered";

/** A buyer has approved a PayPal order; the next poll captures it, and the merchant is notified. Webhooks are lost. */
export function captureScenario(world: FaultWorld): Scenario<Captured> {
  const { api } = world;
  const paypal = simulatorOf(world, "paypal");
  /** After the minimum interval between fetches, so that the query itself asks PayPal. */
  async function query({ orderNo }: Captured): Promise<void> {
    await world.passes(4);
    await api.query(orderNo);
  }

  /** PayPal's webhook about the capture arrives before the response to the call is stored. */
  async function webhook({ orderNo }: Captured): Promise<void> {
    await paypal.faults({});
    await paypal.resend(orderNo);
    await paypal.accepted(orderNo);
    await paypal.faults({ lose: true });
  }
  const message = {
    entry,
    text: async ({ orderNo }: Captured) => orderNo,
    kind: "worked on",
    seconds: 16,
  } as const;

  return {
    async begin({ name }) {
      await paypal.faults({ lose: true });
      const { data } = await api.create(anOrder({ provider: "paypal" }));
      const orderNo = String(data.order_no);
      await (name === declined ? paypal.fail(orderNo) : paypal.approve(orderNo));
      if (name !== early) await world.passes(16);
      return { orderNo, paymentId: String(data.payment_id), name };
    },
    async work(it) {
      it.message ??= await world.message(entry, it.orderNo);
      await world.handle(entry, it.message);
    },
    rival: { entry: "query-payment", requests: query },
    overtaking: {
      K1: { at: { when: "before", what: "^sql begin" }, by: query },
      K2: { at: steps.K2.after, by: webhook },
      K3: { at: steps.K3.before, by: webhook },
    },
    messages: { K1: message, K2: message, K3: message },
    isDoneAtOnce: async ({ orderNo }) => (await world.rows.order(orderNo)).status === "success",
    async finish({ orderNo, name }) {
      if (name === declined) await paypal.approve(orderNo);
      await world.goesOnUntil(async () => (await world.notified(orderNo)).length > 0);
    },
    async expectEnd({ orderNo, paymentId, name }) {
      const captures = (await paypal.calls()).filter(
        ({ method, path }) => method === "POST" && path === `/v2/checkout/orders/${paymentId}/capture`,
      );
      // The first call, and one more: under the same idempotency key, or after a declined card.
      expect(captures.length).toBeLessThanOrEqual(2);
      expect(new Set(captures.map(({ headers }) => headers["paypal-request-id"])).size).toBe(
        name === declined ? 2 : 1,
      );
      expect(await paypal.payments(orderNo)).toMatchObject([{ status: "paid", created: 1 }]);
      expect(await world.rows.order(orderNo)).toMatchObject({ status: "success", late_success: 0 });
      expect((await world.rows.statusLogs(orderNo)).map(({ to }) => to)).toEqual([
        ...(name === declined ? ["pending", "processing"] : []),
        "pending",
        "processing",
        "success",
      ]);
      expect(await world.notified(orderNo)).toEqual(["payment.success"]);
    },
  };
}
