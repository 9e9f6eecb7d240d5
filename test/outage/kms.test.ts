import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentSchema } from "../../lib/environment.ts";
import { buildGateway, openGateway } from "../../lib/open-gateway.ts";
import { queryPayment } from "../../lib/payments/query-payment.ts";
import { receiveWebhook } from "../../lib/payments/receive-webhook.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { openRows, type Rows } from "../steps/rows.ts";
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

describe("outages of the key service", () => {
  it("a payment is settled while KMS does not respond, and only the webhook's body is not stored", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const { body, headers } = stripeEvents(world, shop).event(data.order_no);

    const environment = environmentSchema.parse(process.env);
    // The credentials are already decrypted, as in a warm function.
    const { configs } = openGateway();
    const silent = await startSilentServer();
    process.env.AWS_ENDPOINT_URL_KMS = silent.url;
    const gateway = { ...buildGateway(environment), configs };
    await receiveWebhook(gateway, "stripe", shop.configs.stripe!, { body: Buffer.from(body), headers });
    expect(silent.connections()).toBeGreaterThan(0);
    await gateway.close();
    silent.stop();

    expect(await rows.order(data.order_no)).toMatchObject({ status: "success" });
    expect(
      await rows.query("SELECT encrypted_body, times FROM webhook_events WHERE order_no = ?", [
        data.order_no,
      ]),
    ).toEqual([{ encrypted_body: null, times: 1 }]);
  });

  it("a create while KMS does not respond asks for a retry, and a query returns the stored payment", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const silent = await startSilentServer();
    process.env.AWS_ENDPOINT_URL_KMS = silent.url;
    // Nothing is decrypted yet, as after a cold start.
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
