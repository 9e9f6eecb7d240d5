import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialsOf } from "../../lib/providers/credentials.ts";
import { findConfig } from "../../lib/storage/payment-configs.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { type EventParts, stripeEvents } from "../kits/stripe/signed-events.ts";
import { apiOf } from "../steps/api.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { type OneConfig, oneConfig, openAccount } from "../steps/generations.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let rival: Shop;
const opened: OneConfig[] = [];

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  rival = await world.openShop("stripe");
});
afterAll(async () => {
  await Promise.all([rows, ...opened.map((config) => config.rows)].map(({ close }) => close()));
  await world.stop();
});

async function aConfig(provider: string, owner = shop) {
  const config = await oneConfig(world, owner, provider);
  opened.push(config);
  return config;
}

const anomaliesOf = (...configIds: string[]) =>
  rows.query("SELECT kind, order_no, detail FROM anomalies WHERE config_id IN (?) ORDER BY id", [configIds]);
const eventsOf = (configId: string) =>
  rows.query("SELECT id, event_type, order_no FROM webhook_events WHERE config_id = ? ORDER BY id", [
    configId,
  ]);

/** The webhook secret in the stored credentials of a Stripe config. */
async function secretOf(configId: string): Promise<string> {
  const { openGateway } = await import("../../lib/open-gateway.ts");
  const { db, vault } = openGateway();
  const stored = (await credentialsOf((await findConfig(db, configId))!, vault)) as {
    webhook_secret: string[];
  };
  return stored.webhook_secret[0]!;
}

const signed = async (from: { config_id: string }, orderNo: unknown, parts: EventParts = {}) =>
  stripeEvents(world, shop).event(orderNo, {
    secret: await secretOf(from.config_id),
    ...parts,
    session: { currency: "usd", ...parts.session },
  });
const expired = {
  type: "checkout.session.expired",
  session: { status: "expired", payment_status: "unpaid" },
};

// Each endpoint receives the events of its whole account, whichever config made the payment:
// https://docs.stripe.com/webhooks https://developer.paypal.com/api/rest/webhooks/
describe.each(["stripe", "paypal"])("%s configs that share an account", (provider) => {
  it(`two configs of one ${provider} account raise an anomaly only for a dispute, and only one`, async () => {
    const { credentials } = await openAccount(world, provider);
    const [one, two] = [await aConfig(provider), await aConfig(provider)];
    const ids = [(await one.set(credentials)).config_id, (await two.set(credentials)).config_id];
    const made = [await one.create(), await two.create()];
    for (const created of made) {
      await one.simulator.pay(created);
      await until(async () => {
        await world.queues.drain();
        return (await one.order(created)).status === "success";
      });
      const orderNo = String(created.order_no);
      await one.simulator.tell("dispute", { order_no: orderNo });
      await until(async () => {
        const notified = (await one.simulator.webhooks(orderNo)).filter(({ event }) =>
          /dispute/i.test(event),
        );
        return notified.length >= 2 && notified.every(({ outcome }) => outcome === "accepted");
      });
      await world.queues.drain();
    }
    const raised = await anomaliesOf(...ids);
    expect(raised.map(({ kind, order_no }) => [kind, order_no])).toEqual(
      made.map(({ order_no }) => ["dispute", order_no]),
    );
  });

  it(`an event of a ${provider} account of two merchants is stored only for the payment's merchant`, async () => {
    const { credentials } = await openAccount(world, provider);
    const [ours, theirs] = [await aConfig(provider), await aConfig(provider, rival)];
    const { config_id: ourId } = await ours.set(credentials);
    const { config_id: theirId } = await theirs.set(credentials);
    const created = await ours.create();
    await ours.simulator.pay(created);
    await until(async () => {
      await world.queues.drain();
      const notified = await ours.simulator.webhooks(String(created.order_no));
      return (
        (await ours.order(created)).status === "success" &&
        notified.some(({ url, outcome }) => url.endsWith(`/${theirId}`) && outcome === "accepted")
      );
    });
    expect(await eventsOf(theirId)).toEqual([]);
    expect((await eventsOf(ourId)).length).toBeGreaterThan(0);
    expect(await anomaliesOf(ourId, theirId)).toEqual([]);
  });
});

describe("orders with an unusable config", () => {
  it.each([
    ["incomplete credentials", { secret_key: "sk_test_short" }],
    ["an empty object", {}],
  ])(
    "an order whose config was overwritten with %s is served by a working config of the same account",
    async (_name, data) => {
      const { credentials } = await openAccount(world, "stripe");
      const [one, two, three] = [await aConfig("stripe"), await aConfig("stripe"), await aConfig("stripe")];
      const { config_id } = await one.set(credentials);
      const { config_id: broken } = await two.set(credentials);
      const created = await one.create();
      const { config_id: other } = await three.set(credentials);
      await rows.query("UPDATE payment_configs SET config_data = ? WHERE id IN (?)", [
        JSON.stringify(data),
        [config_id, broken],
      ]);
      const gateway = anotherGateway();
      const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo: String(created.order_no) }))!;
      expect(await gateway.configs.of(payment)).toMatchObject({ id: other });
      await gateway.close();
    },
  );
});

describe("Stripe webhook secrets", () => {
  it("a Stripe event signed with another account's secret neither settles nor ends an order", async () => {
    const config = await aConfig("stripe");
    const [a, b] = [await openAccount(world, "stripe"), await openAccount(world, "stripe")];
    const first = await config.set(a.credentials);
    const created = await config.create();
    const second = await config.set(b.credentials);
    const before = await config.order(created);
    const fromB = { a: `stripe/${first.config_id}`, b: `stripe/${second.config_id}` };
    for (const parts of [{}, expired, { ...expired, type: "checkout.session.async_payment_failed" }]) {
      // A's config refuses B's secret, and B's event about A's order is an anomaly.
      const event = await signed(second, created.order_no, parts);
      expect((await postWebhook(world, fromB.a, event)).status).toBe(401);
      expect((await postWebhook(world, fromB.b, event)).status).toBe(200);
    }
    expect(await config.order(created)).toEqual(before);
    const raised = await anomaliesOf(first.config_id, second.config_id);
    expect(
      raised.map(({ kind, order_no, detail }) => [kind, order_no, JSON.parse(String(detail)).differs]),
    ).toEqual(Array(3).fill(["mismatch", created.order_no, ["account"]]));
    expect((await postWebhook(world, fromB.b, await signed(first, created.order_no))).status).toBe(401);
    // A's event at the URL of A's config.
    expect((await postWebhook(world, fromB.a, await signed(first, created.order_no))).status).toBe(200);
    expect(await config.order(created)).toMatchObject({ status: "success" });
  });

  it("a Stripe event of a connected account ends no order", async () => {
    const config = await aConfig("stripe");
    const { credentials } = await openAccount(world, "stripe");
    const set = await config.set(credentials);
    const created = await config.create();
    const before = await config.order(created);
    for (const type of ["checkout.session.expired", "checkout.session.async_payment_failed"]) {
      const event = await signed(set, created.order_no, { ...expired, type, account: "acct_connected" });
      expect((await postWebhook(world, `stripe/${set.config_id}`, event)).status).toBe(200);
    }
    expect(await config.order(created)).toEqual(before);
  });
});

// The buyer of any Payment Link of the account chooses `client_reference_id`:
// https://docs.stripe.com/payment-links/url-parameters
describe("Stripe sessions made outside the gateway", () => {
  it.each([
    ["paid", {}],
    ["expired", expired],
    ["failed", { ...expired, type: "checkout.session.async_payment_failed" }],
    ["completed but unpaid", { session: { payment_status: "unpaid" } }],
  ] as const)(
    "a Stripe session not created for the order it names does not change the order when %s",
    async (_state, parts) => {
      const config = await aConfig("stripe");
      const { credentials } = await openAccount(world, "stripe");
      const set = await config.set(credentials);
      const created = await config.create();
      const before = await config.order(created);
      expect(before.payment_id).toBe(created.payment_id);
      const session = { ...("session" in parts && parts.session), id: `cs_test_${randomUUID()}` };
      const event = await signed(set, created.order_no, { ...parts, session });
      expect((await postWebhook(world, `stripe/${set.config_id}`, event)).status).toBe(200);
      expect(await config.order(created)).toEqual(before);
      const [raised] = await anomaliesOf(set.config_id);
      expect(raised).toMatchObject({ kind: "mismatch", order_no: created.order_no });
      expect(JSON.parse(String(raised?.detail))).toMatchObject({ differs: ["payment_id"] });
    },
  );
});

describe("orders whose config has another account", () => {
  it("an order whose config now has another account uses a config of its own account, or none", async () => {
    const [one, two] = [await aConfig("stripe"), await aConfig("stripe")];
    const [a, b] = [await openAccount(world, "stripe"), await openAccount(world, "stripe")];
    const own = await one.set(a.credentials);
    const created = await one.create();
    const other = await two.set(b.credentials);
    const gateway = anotherGateway();
    const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo: String(created.order_no) }))!;
    const moved = { ...payment, configId: other.config_id };
    expect(await gateway.configs.of(moved)).toMatchObject({ id: own.config_id, account: a.account });
    for (const lost of [{ providerAccount: "acct_gone" }, { livemode: true }])
      await expect(gateway.configs.of({ ...payment, ...lost })).rejects.toMatchObject({
        failure: "config_not_found",
        message: expect.stringContaining("config set"),
      });
    await gateway.close();
  });
});

describe("webhook replay of a replaced config", () => {
  it("a replayed webhook of a replaced config settles the order at its own account", async () => {
    const config = await aConfig("stripe");
    const [a, b] = [await openAccount(world, "stripe"), await openAccount(world, "stripe")];
    const first = await config.set(a.credentials);
    const created = await config.create();
    await postWebhook(world, `stripe/${first.config_id}`, await signed(first, created.order_no));
    const [recorded] = await eventsOf(first.config_id);
    await rows.query(
      "UPDATE payment_orders SET state = 'payable', trade_no = NULL, paid_at = NULL WHERE order_no = ?",
      [created.order_no],
    );
    await config.set(b.credentials);
    expect(await world.ops("webhook replay", { id: String(recorded?.id) })).toMatchObject({
      status: "success",
    });
    expect(await config.order(created)).toMatchObject({
      config_id: first.config_id,
      provider_account: a.account,
    });
    expect((await apiOf(world, shop).query(String(created.order_no))).data.status).toBe("success");
  });
});
