import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentSchema } from "../../lib/environment.ts";
import { buildGateway, openGateway } from "../../lib/open-gateway.ts";
import { hearWebhook } from "../../lib/payment/hear-webhook.ts";
import { queryPayment } from "../../lib/payment/query-payment.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { stripeEvents } from "../steps/signed-webhooks.ts";
import { startSilentServer } from "../steps/silent-server.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

describe("while the key service says nothing", () => {
  it("a payment is settled all the same; only the record of the webhook lacks its body", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const { body, headers } = stripeEvents(world, shop).event(data.order_no);

    const environment = environmentSchema.parse(process.env);
    // The credentials are open already, as in a function that has run for a while.
    const { configs } = openGateway();
    const silent = await startSilentServer();
    process.env.AWS_ENDPOINT_URL_KMS = silent.url;
    const gateway = { ...buildGateway(environment), configs };
    await hearWebhook(gateway, "stripe", shop.configs.stripe!, { body: Buffer.from(body), headers });
    expect(silent.connections()).toBeGreaterThan(0);
    await gateway.close();
    silent.stop();

    expect(await rows.order(data.order_no)).toMatchObject({ status: "success" });
    expect(
      await rows.query("SELECT sealed_body, times FROM webhook_events WHERE order_no = ?", [data.order_no]),
    ).toEqual([{ sealed_body: null, times: 1 }]);
  });

  it("a create is to be sent again, and a query answers what is stored", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const silent = await startSilentServer();
    process.env.AWS_ENDPOINT_URL_KMS = silent.url;
    // Nothing is open yet, as after a cold start.
    const gateway = anotherGateway();
    await expect(createThrough(gateway, shop, anOrder({ provider: "stripe" }))).rejects.toMatchObject({
      failure: "unavailable",
      details: { retryAfterSeconds: 2 },
    });
    await world.passes(4);
    const caller = await gateway.authenticate(shop.apiKey, "query");
    const { payment } = await queryPayment(gateway, caller, { orderNo: String(data.order_no) });
    expect(payment).toMatchObject({ status: "pending", orderNo: data.order_no });
    await gateway.close();
    silent.stop();
  });
});
