import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { storedOrders } from "../steps/ledgers.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { openWorld, type World } from "../steps/world.ts";

let world: World;
let api: Api;
let paypal: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  api = apiOf(world, await world.openShop("paypal"));
  paypal = simulatorOf(world, "paypal");
  // The first create with a config fetches its provider account, which would add calls to those counted below.
  await api.create(anOrder({ provider: "paypal" }));
});
afterEach(() => paypal.faults({}));
afterAll(() => world.stop());

const hours = 3_600;
const ordersMade = async () =>
  (await paypal.calls()).filter(({ method, path }) => method === "POST" && path === "/v2/checkout/orders")
    .length;

/** Makes a create whose response is lost; the provider is then unavailable for `age` seconds. */
async function lostAnswer(age: number): Promise<Data> {
  const order = anOrder({ provider: "paypal", currency: "USD", expires_in: 24 * hours });
  await paypal.faults({ timeout_after_success: true });
  expect(await api.create(order)).toMatchObject({ status: 504, code: 2000 });
  await paypal.faults({ status: 503 });
  await world.passes(age);
  await paypal.faults({});
  return order;
}

// PayPal deletes an unpaid order after about three hours and its idempotency key after six.
describe("PayPal creates with an unknown outcome", () => {
  it("a PayPal create with a lost response, repeated after 2.5 hours, returns the order that was made", async () => {
    const order = await lostAnswer(2.5 * hours);
    const { data, status } = await api.create(order);
    expect(status).toBe(200);
    const [made] = await paypal.payments(String(data.order_no));
    expect(made).toMatchObject({ created: 1, payment_id: data.payment_id });
  });

  it.each([3, 7])(
    "a PayPal create with a lost response is not repeated after %d hours and ends closed",
    async (age) => {
      const order = await lostAnswer(age * hours);
      const before = await ordersMade();
      const again = await api.create(order);
      expect(again).toMatchObject({ status: 504, code: 2000 });
      await invoke("sweep", {});
      await world.queues.drain();
      const [row] = await storedOrders(order.out_trade_no);
      expect(row).toMatchObject({ status: "closed", payable: null });
      expect(await ordersMade()).toBe(before);
      expect(await api.create(order)).toMatchObject({ status: 409, code: 2008 });
    },
  );
});
