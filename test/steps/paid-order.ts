import { randomUUID } from "node:crypto";
import { type Api, anOrder, type Data } from "./api.ts";
import { simulatorOf } from "./simulator.ts";
import { until } from "./until.ts";
import type { World } from "./world.ts";

export const aRefundNo = () => `refund-${randomUUID()}`;

/** An order of 100.00 that the buyer has paid and of which the merchant has been notified. */
export async function paidOrder(world: World, api: Api, provider: string, input: Data = {}): Promise<string> {
  const created = await api.create(anOrder({ provider, amount: "100.00", ...input }));
  if (created.status !== 200) throw new Error(`create: ${created.status} ${created.message}`);
  const orderNo = String(created.data.order_no);
  await simulatorOf(world, provider).pay(created.data);
  await until(async () => {
    await world.queues.drain();
    return (await api.inbox()).some(({ body }) => JSON.parse(body).order_no === orderNo);
  });
  return orderNo;
}

/** The refund calls of a merchant's client. */
export function refundsOf(api: Api) {
  return {
    ask: (input: Data) => api.call("POST", "/api/v1/payment/refund", input),
    now: async (refundNo: string) => (await api.call("GET", `/api/v1/payment/refund/${refundNo}`)).data,
    /** The refund notifications of an order, oldest first. */
    async notified(orderNo: string): Promise<Data[]> {
      const all = (await api.inbox()).map(({ body }) => JSON.parse(body) as Data);
      return all.filter(({ order_no, event }) => order_no === orderNo && String(event).startsWith("refund."));
    },
  };
}
