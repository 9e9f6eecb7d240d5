import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { recheck } from "../../lib/payment/recheck.ts";
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
  it("is refused for an active config, and while orders, refunds or young payments need its credentials", async () => {
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
    for (const verb of ["config retire", "config enable", "config disable", "config check"])
      expect(await refusal(verb, of(config_id))).toMatchObject({ code: 1005 });
  });

  it("is refused for a config that was changed just now, which another environment may still use", async () => {
    const { config, credentials } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    await operator("config disable", of(config_id));
    expect((await refusal("config retire", of(config_id))).message).toMatch(/changed just now/);
  });

  it("goes ahead by force with a note; the orders are then polled no more, and the account's next config set takes them up", async () => {
    const { config, credentials, account } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const created = await config.create();
    await config.set((await openAccount(world, "stripe")).credentials);
    expect((await refusal("config retire", of(config_id, { force: "yes" }))).message).toMatch(/^note:/);
    const forced = of(config_id, { force: "yes", note: "the account was closed" });
    expect(await operator("config retire", forced)).toMatchObject({ open_orders: 1 });
    expect(await rowOf(config_id)).toMatchObject({ note: "the account was closed" });
    await config.payUnheard(created);
    const fresh = anotherGateway();
    const { payment } = (await fresh.orders.find(shop.userId, { orderNo: String(created.order_no) }))!;
    await expect(fresh.configs.of(payment)).rejects.toMatchObject({ failure: "config_not_found" });
    await fresh.close();
    expect(await config.set(credentials)).toMatchObject({ did: "restored", config_id, account });
    await world.passes(3);
    await config.passes(60);
    expect(await config.order(created)).toMatchObject({ status: "success" });
  });
});

describe("a config that was disabled and then replaced", () => {
  it("is enabled by no operator, serves its orders, and gets its name back with its account", async () => {
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
    await config.payUnheard(created);
    await config.passes(60);
    expect(await config.order(created)).toMatchObject({ status: "success" });
    expect(await config.set(credentials)).toMatchObject({ config_id, replaced_config_id: other.config_id });
  });
});

describe("plain JSON that somebody writes by hand over a config", () => {
  const write = (id: string, credentials: object) =>
    rows.query("UPDATE payment_configs SET config_data = ? WHERE id = ?", [JSON.stringify(credentials), id]);

  it.each(["alipay", "wechat", "stripe", "paypal"])(
    "of another account is never used and never sealed, and one anomaly says what to do, at %s",
    async (provider) => {
      const { config, credentials } = await aConfig(provider);
      const { config_id } = await config.set(credentials);
      const created = await config.create();
      const { credentials: other } = await openAccount(world, provider);
      const complete = {
        ...other,
        ...(provider === "stripe" && { webhook_secret: "whsec_by_hand" }),
        ...(provider === "paypal" && { webhook_id: "8PT597110X687430L" }),
      };
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
      const { payment } = (await gateway.orders.find(shop.userId, { orderNo: String(created.order_no) }))!;
      await expect(gateway.configs.of(payment)).rejects.toMatchObject({ failure: "config_not_found" });
      await gateway.close();
      // The way out that the anomaly names.
      const set = await config.set(other);
      expect(set).toMatchObject({ did: "replaced", replaced_config_id: config_id });
      expect(await config.set(credentials)).toMatchObject({ did: "restored", config_id });
      await config.payUnheard(created);
      await config.passes(60);
      expect(await config.order(created)).toMatchObject({ status: "success" });
    },
  );

  it("of its own account is used and sealed", async () => {
    const { config, credentials } = await aConfig("alipay");
    const { config_id } = await config.set(credentials);
    await write(config_id, credentials);
    await config.create();
    await invoke("sweep", {});
    expect(String((await rowOf(config_id)).config_data)).toMatch(/^\{"sealed":/);
    expect(await openAnomalies(config_id)).toEqual([]);
  });

  it("is not sealed while its provider cannot be asked whose it is", async () => {
    const { config, credentials } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const complete = { ...credentials, webhook_secret: "whsec_by_hand" };
    await write(config_id, complete);
    await config.simulator.faults({ status: 503 });
    await openGateway().configs.mayBeSealed((await openGateway().configRows.byId(config_id))!);
    await invoke("sweep", {});
    expect(await rowOf(config_id)).toMatchObject({ config_data: JSON.stringify(complete) });
    await config.simulator.faults({});
    await invoke("sweep", {});
    expect(String((await rowOf(config_id)).config_data)).toMatch(/^\{"sealed":/);
  });
});

describe("an account whose credentials were revoked", () => {
  it("is asked about its open orders until eight days past their expiry; then one anomaly stands, and an operator can go on", async () => {
    const { config, credentials, account } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const [one, two, paid] = [await config.create(), await config.create(), await config.create()];
    await config.payUnheard(paid);
    const { secret_key } = (await config.simulator.tell("roll-key", { account })) as Record<string, string>;
    // Stripe itself would tell that the sessions have expired.
    await config.simulator.faults({ lose: true });
    await config.passes(60);
    for (const passed of [7, 1]) {
      await config.passes(days(passed));
      const asked = [one, two, paid].map(async (made) => (await config.order(made)).next_query_at !== null);
      expect(await Promise.all(asked)).toEqual([true, true, true]);
    }
    await config.passes(days(1));
    for (const created of [one, two, paid])
      expect(await config.order(created)).toMatchObject({ status: "pending", next_query_at: null });
    // Each order is a person's matter a day after its end; that nobody answers is one of the config.
    const open = await openAnomalies(config_id);
    const [raised, ...others] = open.filter(({ kind }) => kind !== "order_stuck");
    expect([raised?.kind, others]).toEqual(["config_unreachable", []]);
    const stuck = open.flatMap(({ kind, order_no }) => (kind === "order_stuck" ? [order_no] : []));
    expect(stuck.toSorted()).toEqual([one, two, paid].map(({ order_no }) => order_no).toSorted());
    await operator("anomaly resolve", { id: String(raised?.id), note: "the key was revoked" });

    expect(await refusal("order sync", { order_no: String(one.order_no) })).toMatchObject({ code: 2001 });
    await config.simulator.faults({});
    expect(await config.set({ ...credentials, secret_key: secret_key! })).toMatchObject({ did: "updated" });
    // This process may use the key that it has read for a minute more; one that has just begun does not know it.
    const fresh = anotherGateway();
    for (const { order_no: orderNo } of [one, two, paid]) {
      expect((await rows.order(orderNo)).next_query_at).not.toBeNull();
      await recheck(fresh, { orderNo: String(orderNo), userId: shop.userId, due: world.clock.now() });
    }
    await fresh.close();
    expect(await config.order(paid)).toMatchObject({ status: "success" });
    for (const created of [one, two]) expect(await config.order(created)).toMatchObject({ status: "closed" });
  });
});
