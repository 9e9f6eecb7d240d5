import { randomUUID } from "node:crypto";
import { secondsAfter } from "../../lib/clock.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { settlePaid } from "../../lib/payments/apply-events.ts";
import { claimDelivery } from "../../lib/storage/deliveries/claim-delivery.ts";
import { closeOrFail, markInTransit } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import {
  recordCreated,
  recordRefused,
  releaseCreateLease,
} from "../../lib/storage/payments/provider-requests.ts";
import { providerNames } from "../kits/kits.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { accountOf, aLink, leasedOrder, paidFact, saidOf, settleByPoll } from "../steps/leased-order.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import type { Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import type { Shop, World } from "../steps/world.ts";

export type Life = { world: World; rows: Rows; gateway: Gateway; shop: Shop; other: Shop };

/** What happens to payments, in this order. Later entries and the violations use the rows that earlier ones leave. */
export const life: Record<string, (life: Life) => Promise<unknown>> = {
  "one payment with each provider": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    for (const provider of providerNames) await paidOrder(world, api, provider);
  },
  "a payment of another merchant": ({ world, other }) => paidOrder(world, apiOf(world, other), "stripe"),
  "a create that the provider refuses": async ({ world, gateway, shop }) => {
    const leased = await leasedOrder(gateway, shop, "processing");
    const words = { code: "refused", message: "no" };
    await recordRefused(gateway.db, leased, words, { now: world.clock.now() });
  },
  "a payment that the merchant closes": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    await api.close(await created(api, { provider: "stripe" }));
    await world.queues.drain();
  },
  "a payment that is paid after it was closed": async ({ world, gateway, shop }) => {
    const api = apiOf(world, shop);
    const orderNo = await created(api, { provider: "stripe" });
    await api.close(orderNo);
    await settleByPoll(gateway, (await findOrder(gateway.db, shop.userId, { orderNo }))!.payment);
  },
  "a payment that fails": async ({ world, gateway, shop }) => {
    const orderNo = await created(apiOf(world, shop), {});
    const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo }))!;
    await closeOrFail(gateway.db, payment, "failed", {
      said: saidOf(payment, "declined"),
      now: world.clock.now(),
    });
  },
  "a capture whose outcome is unknown and that is repeated": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    const paypal = simulatorOf(world, "paypal");
    const orderNo = await created(api, { provider: "paypal" });
    await paypal.faults({ lose: true });
    await paypal.approve(orderNo);
    await paypal.faults({ lose: true, status: 503, path: "/capture" });
    await api.query(orderNo);
    await world.passes(20);
    await world.queues.drain();
    await paypal.faults({});
  },
  "a payment that is paid twice": async ({ gateway, shop }) => {
    const { payment } = await leasedOrder(gateway, shop, "processing");
    const { userId, provider, configId } = payment;
    const source = { ...accountOf(payment), userId, provider, configId, source: "poll" as const };
    await settlePaid(gateway, paidFact(payment), source);
    await settlePaid(gateway, paidFact(payment), source);
  },
  "a partial, an external and a full refund of one payment": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    const stripe = simulatorOf(world, "stripe");
    const orderNo = await paidOrder(world, api, "stripe");
    await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" });
    await stripe.refund(orderNo, "20.00");
    await untilNotified(world, api, orderNo, 2);
    await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo() });
    await untilNotified(world, api, orderNo, 3);
  },
  "a refund that succeeds and then fails": (life) => refundThatBecomes(life, "failed"),
  "a refund that succeeds, fails and succeeds again": (life) =>
    refundThatBecomes(life, "failed", "succeeded"),
  "a refund that is pending at the provider": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    const orderNo = await paidOrder(world, api, "stripe");
    await simulatorOf(world, "stripe").tell("refund-result", { status: "pending" });
    await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "40.00" });
  },
  "a notification that is resent": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    const orderNo = await paidOrder(world, api, "stripe");
    await api.call("POST", `/api/v1/payment/notify/resend/${orderNo}`);
    await world.queues.drain();
  },
  "a notification that the merchant receives at the third attempt": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    await api.inboxAnswers({ status: 500 });
    await paidOrder(world, api, "stripe");
    await waits(world, 61);
    await api.inboxAnswers({});
    await waits(world, 121);
  },
  "a notification whose every attempt fails": async ({ world, other }) => {
    const api = apiOf(world, other);
    await api.inboxAnswers({ status: 500 });
    await paidOrder(world, api, "stripe");
    for (const seconds of [61, 121, 301, 601, 900, 901]) await waits(world, seconds);
    await api.inboxAnswers({});
  },
  "a delivery whose sending process dies twice": async ({ world, rows, gateway, other }) => {
    const { payment } = await leasedOrder(gateway, other, "processing");
    await settleByPoll(gateway, payment);
    const [task] = await rows.notifications(payment.orderNo);
    const wakeUp = { taskId: String(task!.id), userId: other.userId, generation: 1, attempt: 1 };
    for (const seconds of [0, 46]) {
      await world.passes(seconds);
      const now = world.clock.now();
      await claimDelivery(gateway.db, wakeUp, {
        leaseToken: randomUUID(),
        leaseUntil: secondsAfter(now, 45),
        now,
      });
    }
  },
  "a merchant whose endpoint answers 410": async ({ world, shop }) => {
    const api = apiOf(world, shop);
    await api.inboxAnswers({ status: 410 });
    await paidOrder(world, api, "stripe");
    await api.inboxAnswers({});
  },
  "a notification between two attempts": async ({ world, other }) => {
    const api = apiOf(world, other);
    await api.inboxAnswers({ status: 500 });
    await paidOrder(world, api, "stripe");
    await api.inboxAnswers({});
  },
  "a payment that is not paid yet": ({ world, shop }) => created(apiOf(world, shop), {}),
  "a payment that is in transit before its create has returned": async ({ world, gateway, shop }) => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await markInTransit(
      gateway.db,
      leased.payment,
      saidOf(leased.payment, "asynchronous"),
      world.clock.now(),
    );
    await recordCreated(gateway.db, leased, aLink(leased.payment), world.clock.now());
  },
  "a payment that is in transit": async ({ world, gateway, shop }) => {
    const orderNo = await created(apiOf(world, shop), { provider: "stripe" });
    const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo }))!;
    await markInTransit(gateway.db, payment, saidOf(payment, "asynchronous"), world.clock.now());
  },
  "a create whose outcome is unknown": async ({ world, gateway, shop }) => {
    const leased = await leasedOrder(gateway, shop, "processing");
    const now = world.clock.now();
    await releaseCreateLease(gateway.db, leased, { why: "time-out", now, nextPollAt: secondsAfter(now, 5) });
  },
  "a create under way": ({ gateway, shop }) => leasedOrder(gateway, shop, "processing"),
};

async function created(api: Api, input: Data): Promise<string> {
  const answer = await api.create(anOrder(input));
  if (answer.status !== 200) throw new Error(`create: ${answer.status} ${answer.message}`);
  return String(answer.data.order_no);
}

async function waits(world: World, seconds: number): Promise<void> {
  await world.passes(seconds);
  await world.queues.drain();
}

/** Waits until the merchant has received this many refund notifications of the order. */
async function untilNotified(world: World, api: Api, orderNo: string, count: number): Promise<void> {
  await until(async () => {
    await world.queues.drain();
    return (await refundsOf(api).notified(orderNo)).length >= count;
  });
}

/** Lets three hours pass, longer than payments live and deliveries are retried, until no work is left. */
export async function comeToRest({ world }: Life): Promise<void> {
  for (let minutes = 0; minutes < 180; minutes += 5) {
    await waits(world, 300);
    await invoke("sweep", {});
    await world.queues.drain();
  }
}

/** A refund that succeeds, and that Stripe then reports with each of these results in turn. */
async function refundThatBecomes({ world, rows, shop }: Life, ...results: string[]): Promise<void> {
  const api = apiOf(world, shop);
  const orderNo = await paidOrder(world, api, "stripe");
  const refundNo = aRefundNo();
  await refundsOf(api).ask({ order_no: orderNo, refund_no: refundNo, amount: "30.00" });
  await untilNotified(world, api, orderNo, 1);
  const sql = "SELECT provider_refund_no AS number FROM refunds WHERE refund_no = ?";
  const [refund] = await rows.query<{ number: string }>(sql, [refundNo]);
  for (const [turn, result] of results.entries()) {
    await simulatorOf(world, "stripe").refundResult(refund!.number, result);
    await untilNotified(world, api, orderNo, turn + 2);
  }
}
