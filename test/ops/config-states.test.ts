import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { pollPayment } from "../../lib/payments/poll-payment.ts";
import { findConfig } from "../../lib/storage/payment-configs.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { kits, providerNames } from "../kits/kits.ts";
import { apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { type OneConfig, oneConfig, openAccount } from "../steps/generations.ts";
import { operator, refusal } from "../steps/operator.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
const opened: OneConfig[] = [];

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
});
afterAll(async () => {
  await Promise.all([rows, ...opened.map((config) => config.rows)].map(({ close }) => close()));
  await world.stop();
});

async function aConfig(provider: string) {
  const config = await oneConfig(world, shop, provider);
  opened.push(config);
  return { config, ...(await openAccount(world, provider)) };
}

const days = (count: number) => count * 24 * 3600;
const of = (config_id: string, more = {}) => ({ merchant: shop.username, config_id, ...more });
const openAnomalies = async (configId: string) =>
  rows.query(
    "SELECT id, kind, status, times, order_no FROM anomalies WHERE config_id = ? AND status = 'open'",
    [configId],
  );
const rowOf = async (configId: string) =>
  (await rows.query("SELECT * FROM payment_configs WHERE id = ?", [configId]))[0]!;

describe("config retire", () => {
  it("config retire is refused while the config is active or orders or young payments need it", async () => {
    const { config, credentials } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    expect(await refusal("config retire", of(config_id))).toMatchObject({ code: 1005, message: /is active/ });
    const [paid, open] = [await config.create(), await config.create()];
    await config.simulator.pay(paid);
    await config.simulator.accepted(String(paid.order_no));
    await operator("config disable", of(config_id));
    await world.passes(180);
    const still = await refusal("config retire", of(config_id));
    expect(still.message).toMatch(
      /1 orders and 0 refunds are not final, 1 payments are younger than 400 days/,
    );
    await apiOf(world, shop).close(String(open.order_no));
    expect((await refusal("config retire", of(config_id))).message).toMatch(
      /^config \d+ is still needed: 0 orders/,
    );
    await rows.query("UPDATE payment_orders SET paid_at = paid_at - INTERVAL 401 DAY WHERE order_no = ?", [
      paid.order_no,
    ]);
    expect(await operator("config retire", of(config_id))).toMatchObject({
      state: "retired",
      young_payments: 0,
    });
    expect(await rowOf(config_id)).toMatchObject({ status: 3, config_data: "{}", live_name: null });
    expect(await operator("config list", { merchant: shop.username })).toContainEqual(
      expect.objectContaining({ config_id, state: "retired" }),
    );
    for (const command of ["config retire", "config enable", "config disable", "config check"])
      expect(await refusal(command, of(config_id))).toMatchObject({ code: 1005 });
  });

  it("config retire is refused for the last config that can serve the orders of a retired one", async () => {
    const { config, credentials } = await aConfig("stripe");
    const [one, two] = [config, await oneConfig(world, shop, "stripe")];
    opened.push(two);
    const [{ config_id: first }, { config_id: last }] = [
      await one.set(credentials),
      await two.set(credentials),
    ];
    await one.create();
    for (const config_id of [first, last]) await operator("config disable", of(config_id));
    await world.passes(180);
    await operator("config retire", of(first, { force: "yes", note: "the other serves its orders" }));
    expect((await refusal("config retire", of(last))).message).toMatch(
      /1 orders and 0 refunds are not final/,
    );
  });

  it("config retire is refused just after a change, as another environment may still use the config", async () => {
    const { config, credentials } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    await operator("config disable", of(config_id));
    expect((await refusal("config retire", of(config_id))).message).toMatch(/changed just now/);
  });

  it("a forced config retire needs a note and stops polling until config set restores the account", async () => {
    const { config, credentials, account } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const created = await config.create();
    await config.set((await openAccount(world, "stripe")).credentials);
    expect((await refusal("config retire", of(config_id, { force: "yes" }))).message).toMatch(/^note:/);
    const forced = of(config_id, { force: "yes", note: "the account was closed" });
    expect(await operator("config retire", forced)).toMatchObject({ open_orders: 1 });
    expect(await rowOf(config_id)).toMatchObject({ note: "the account was closed" });
    await config.payUnseen(created);
    const fresh = anotherGateway();
    const { payment } = (await findOrder(fresh.db, shop.userId, { orderNo: String(created.order_no) }))!;
    await expect(fresh.configs.of(payment)).rejects.toMatchObject({ failure: "config_not_found" });
    await fresh.close();
    expect(await config.set(credentials)).toMatchObject({ did: "restored", config_id, account });
    await world.passes(3);
    await config.passes(60);
    expect(await config.order(created)).toMatchObject({ status: "success" });
  });
});

describe("configs disabled and then replaced", () => {
  it("a replaced config cannot be enabled, serves its orders, and config set of its account restores it", async () => {
    const { config, credentials } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const created = await config.create();
    await operator("config disable", of(config_id));
    const other = await config.set((await openAccount(world, "stripe")).credentials);
    expect(await refusal("config enable", of(config_id))).toMatchObject({
      code: 1005,
      message: /is replaced/,
    });
    expect(await operator("config check", of(config_id))).toMatchObject({
      state: "replaced",
      verdict: "works",
    });
    await config.payUnseen(created);
    await config.passes(60);
    expect(await config.order(created)).toMatchObject({ status: "success" });
    expect(await config.set(credentials)).toMatchObject({ config_id, replaced_config_id: other.config_id });
  });
});

describe("configs overwritten with plain JSON in the database", () => {
  const write = (id: string, credentials: object) =>
    rows.query("UPDATE payment_configs SET config_data = ? WHERE id = ?", [JSON.stringify(credentials), id]);

  it.each(providerNames)(
    "plain credentials of another %s account are never used or encrypted, and raise one anomaly",
    async (provider) => {
      const { config, credentials } = await aConfig(provider);
      const { config_id } = await config.set(credentials);
      const created = await config.create();
      const { credentials: other } = await openAccount(world, provider);
      const complete = { ...other, ...kits[provider].webhookByHand };
      await write(config_id, complete);
      for (let times = 0; times < 2; times++) {
        await expect(config.create()).rejects.toMatchObject({
          failure: "config_not_found",
          message: expect.stringContaining("use config set"),
        });
        await invoke("sweep", {});
      }
      expect(await rowOf(config_id)).toMatchObject({ config_data: JSON.stringify(complete) });
      expect(await openAnomalies(config_id)).toMatchObject([{ kind: "config_overwritten", order_no: null }]);
      const gateway = anotherGateway();
      const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo: String(created.order_no) }))!;
      await expect(gateway.configs.of(payment)).rejects.toMatchObject({ failure: "config_not_found" });
      await gateway.close();
      // The remedy that the anomaly names.
      const set = await config.set(other);
      expect(set).toMatchObject({ did: "replaced", replaced_config_id: config_id });
      expect(await config.set(credentials)).toMatchObject({ did: "restored", config_id });
      await config.payUnseen(created);
      await config.passes(60);
      expect(await config.order(created)).toMatchObject({ status: "success" });
    },
  );

  it("plain credentials of a config's own account are used and encrypted", async () => {
    const { config, credentials } = await aConfig("alipay");
    const { config_id } = await config.set(credentials);
    await write(config_id, credentials);
    await config.create();
    await invoke("sweep", {});
    expect(String((await rowOf(config_id)).config_data)).toMatch(/^\{"encrypted":/);
    expect(await openAnomalies(config_id)).toEqual([]);
  });

  it("plain credentials stay unencrypted while the provider cannot confirm their account", async () => {
    const { config, credentials } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const complete = { ...credentials, webhook_secret: "whsec_by_hand" };
    await write(config_id, complete);
    await config.simulator.faults({ status: 503 });
    await openGateway().configs.mayBeEncrypted((await findConfig(openGateway().db, config_id))!);
    await invoke("sweep", {});
    expect(await rowOf(config_id)).toMatchObject({ config_data: JSON.stringify(complete) });
    await config.simulator.faults({});
    await invoke("sweep", {});
    expect(String((await rowOf(config_id)).config_data)).toMatch(/^\{"encrypted":/);
  });
});

describe("accounts with revoked credentials", () => {
  it("config set after a key was revoked resumes polling of a refund that had been given up", async () => {
    const { config, credentials, account } = await aConfig("stripe");
    await config.set(credentials);
    const created = await config.create();
    await config.simulator.pay(created);
    await config.simulator.accepted(String(created.order_no));
    const api = apiOf(world, shop);
    await config.simulator.faults({ lose: true, status: 503, path: "/v1/refunds" });
    await api.call("POST", "/api/v1/payment/refund", {
      order_no: created.order_no,
      refund_no: `r-${config.name}`,
    });
    const { secret_key } = (await config.simulator.tell("roll-key", { account })) as Record<string, string>;
    await config.simulator.faults({});
    await config.passes(days(8));
    await config.passes(3600);
    const refund = async () =>
      (await rows.query("SELECT * FROM refunds WHERE refund_no = ?", [`r-${config.name}`]))[0]!;
    expect(await refund()).toMatchObject({ status: "unknown", next_poll_at: null });
    await config.set({ ...credentials, secret_key: secret_key! });
    const due = (await refund()).next_poll_at as Date;
    expect(due.getTime()).toBeGreaterThan(world.clock.now().getTime() + 50_000);
  });

  it("orders of a revoked key are polled for eight days past expiry, and again after config set", async () => {
    const { config, credentials, account } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const [one, two, paid] = [await config.create(), await config.create(), await config.create()];
    await config.payUnseen(paid);
    const { secret_key } = (await config.simulator.tell("roll-key", { account })) as Record<string, string>;
    // Without this Stripe would send webhooks about the expired sessions.
    await config.simulator.faults({ lose: true });
    await config.passes(60);
    for (const passed of [7, 1]) {
      await config.passes(days(passed));
      const polled = [one, two, paid].map(async (made) => (await config.order(made)).next_poll_at !== null);
      expect(await Promise.all(polled)).toEqual([true, true, true]);
    }
    await config.passes(days(1));
    for (const created of [one, two, paid])
      expect(await config.order(created)).toMatchObject({ status: "pending", next_poll_at: null });
    const open = await openAnomalies(config_id);
    const raised = open.find(({ kind }) => kind === "config_unreachable");
    expect(open.map(({ kind, order_no }) => [kind, order_no])).toEqual([
      ...[one, two, paid].map(({ order_no }) => ["order_stuck", order_no]),
      ["config_unreachable", null],
    ]);
    await operator("anomaly resolve", { id: String(raised?.id), note: "the key was revoked" });

    expect(await refusal("order sync", { order_no: String(one.order_no) })).toMatchObject({ code: 2001 });
    await config.simulator.faults({});
    expect(await config.set({ ...credentials, secret_key: secret_key! })).toMatchObject({ did: "updated" });
    // This process may use its cached key for another minute; a new environment reads the new key.
    const fresh = anotherGateway();
    for (const { order_no: orderNo } of [one, two, paid]) {
      const due = (await rows.order(orderNo)).next_poll_at as Date;
      expect(due.getTime()).toBeGreaterThan(world.clock.now().getTime() + 50_000);
    }
    await world.passes(60);
    for (const { order_no: orderNo } of [one, two, paid]) {
      await pollPayment(fresh, { orderNo: String(orderNo), userId: shop.userId, due: world.clock.now() });
    }
    await fresh.close();
    expect(await config.order(paid)).toMatchObject({ status: "success" });
    for (const created of [one, two]) expect(await config.order(created)).toMatchObject({ status: "closed" });
  });
});
