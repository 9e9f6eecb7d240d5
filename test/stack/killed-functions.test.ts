import { afterAll, beforeAll, expect, it } from "vitest";
import { currencyOf } from "../../scripts/local/pay-demo-order.ts";
import { anOrder } from "../steps/api.ts";
import { until } from "../steps/simulator.ts";
import { ordersOf, startTestStack, type TestStack } from "./test-stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const kill = async (entry: string) => process.kill((await stack.busy(entry)).pid, "SIGKILL");

/** Those that are called before a create is answered; Alipay's pages are links that we sign ourselves. */
const called = ["wechat", "stripe", "paypal"];

it.each(called)("a create killed while %s answers is one payment there when repeated", async (provider) => {
  const api = stack.api();
  const simulator = stack.simulator(provider);
  const anotherOrder = () => anOrder({ provider, currency: currencyOf(provider) });
  expect(await api.create(anotherOrder())).toMatchObject({ status: 200 }); // tokens and accounts are asked for once
  await simulator.faults({ timeout_after_success: 1000, times: 1 });

  const wanted = anotherOrder();
  const lost = api.create(wanted);
  const orderNo = await until(async () => (await ordersOf(wanted))[0]);
  await until(async () => (await simulator.payments(orderNo)).length === 1);
  await kill("create-payment");
  expect(await lost).toMatchObject({ status: 500, message: "Internal Server Error" });

  await stack.passes(13); // the lease of the one that was killed
  const answer = await until(async () => {
    const again = await api.create(wanted);
    if (again.status !== 200) expect(again).toMatchObject({ code: 2000, order_no: orderNo });
    return again.status === 200 && again;
  });
  expect(await ordersOf(wanted)).toEqual([orderNo]);
  expect(await simulator.payments(orderNo)).toMatchObject([
    { created: 1, payment_id: answer.data.payment_id },
  ]);
  expect((await api.create(wanted)).data).toEqual(answer.data);
});

it("a notification killed while the merchant answers is delivered after its lease, by the sweep", async () => {
  const api = stack.api();
  await api.inboxAnswers({ delay_ms: 3000, times: 1 });
  const created = await api.create(anOrder({ provider: "stripe" }));
  const orderNo = String(created.data.order_no);
  await stack.simulator("stripe").pay(created.data);
  await until(async () => (await stack.told(orderNo)).length === 1);
  await kill("deliver-notifications");

  await stack.passes(40); // the lease has 5 seconds left, and the queue hides its message for 180
  await stack.host.fireSchedule("sweep");
  expect(await stack.told(orderNo)).toHaveLength(1);
  expect((await stack.notifyQueue()).inflight).toHaveLength(1);
  await stack.passes(60); // a whole period of the sweep

  await until(async () => (await api.query(orderNo)).data.notify_status === "success");
  const [first, second, ...more] = await stack.told(orderNo);
  expect(more).toEqual([]);
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
});
