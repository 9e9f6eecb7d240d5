import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../scripts/local/services/free-port.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  process.env.AWS_ENDPOINT_URL_SQS = `http://127.0.0.1:${await freePort()}`;
  rows = await openRows();
  api = apiOf(world, await world.openShop("stripe"));
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

describe("outages of the queue", () => {
  it("payments are created, paid and closed while the queue is down, and notifications stay due", async () => {
    const stripe = simulatorOf(world, "stripe");
    const created = await api.create(anOrder({ provider: "stripe" }));
    expect(created).toMatchObject({ status: 200, data: { status: "pending" } });
    const orderNo = String(created.data.order_no);
    await stripe.payUnopened(orderNo);
    await stripe.accepted(orderNo);
    expect((await api.query(orderNo)).data).toMatchObject({ status: "success", notify_status: "pending" });

    const other = String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
    expect((await api.close(other)).data).toMatchObject({ status: "closed" });

    // A wake-up that was not sent does not set woken_at, so the next sweep tries again at once.
    for (let sweeps = 0; sweeps < 2; sweeps++) {
      expect(await invoke("sweep", {})).toMatchObject({ deliveries: 0 });
      expect(await rows.notifications(orderNo)).toMatchObject([{ status: "pending", woken_at: null }]);
    }
  });
});
