import { afterAll, beforeAll, expect, it } from "vitest";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { calledScene, kits, providerNames } from "../kits/kits.ts";
import { anOrder } from "../steps/api.ts";
import { until } from "../steps/until.ts";
import { ordersOf, startTestStack, type TestStack } from "./test-stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const kill = async (entry: string) => process.kill((await stack.busy(entry)).pid, "SIGKILL");

/** Providers that are called before a create in the default scene is answered: not those whose link we sign ourselves. */
const called = providerNames.filter(
  (name) => calledScene(name) === Object.keys(kits[name].contract.scenes)[0],
);

it.each(called)(
  "a create killed during its call to %s is one payment there when repeated",
  async (provider) => {
    const api = stack.api();
    const simulator = stack.simulator(provider);
    const anotherOrder = () => anOrder({ provider, currency: simulators[provider]!.currency });
    expect(await api.create(anotherOrder())).toMatchObject({ status: 200 }); // fetches token and account once
    await simulator.faults({ timeout_after_success: 1000, times: 1 });

    const input = anotherOrder();
    const lost = api.create(input);
    const orderNo = await until(async () => (await ordersOf(input))[0]);
    await until(async () => (await simulator.payments(orderNo)).length === 1);
    await kill("create-payment");
    expect(await lost).toMatchObject({ status: 500, message: "Internal Server Error" });

    await stack.passes(13); // until the lease of the killed create has expired
    const answer = await until(async () => {
      const again = await api.create(input);
      if (again.status !== 200) expect(again).toMatchObject({ code: 2000, order_no: orderNo });
      return again.status === 200 && again;
    });
    expect(await ordersOf(input)).toEqual([orderNo]);
    expect(await simulator.payments(orderNo)).toMatchObject([
      { created: 1, payment_id: answer.data.payment_id },
    ]);
    expect((await api.create(input)).data).toEqual(answer.data);
  },
);

it("a notification whose sender is killed during the call is delivered after its lease, by the sweep", async () => {
  const api = stack.api();
  await api.inboxAnswers({ delay_ms: 3000, times: 1 });
  const created = await api.create(anOrder({ provider: "stripe" }));
  const orderNo = String(created.data.order_no);
  await stack.simulator("stripe").pay(created.data);
  await until(async () => (await stack.notified(orderNo)).length === 1);
  await kill("deliver-notifications");

  await stack.passes(40); // the lease has 5 seconds left, and the queue hides its message for 180
  await stack.host.fireSchedule("sweep");
  expect(await stack.notified(orderNo)).toHaveLength(1);
  expect((await stack.notifyQueue()).inflight).toHaveLength(1);
  await stack.passes(60); // a whole period of the sweep

  await until(async () => (await api.query(orderNo)).data.notify_status === "success");
  const [first, second, ...more] = await stack.notified(orderNo);
  expect(more).toEqual([]);
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
});
