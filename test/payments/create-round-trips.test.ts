import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
  // Keys, configs and accounts are cached from here on, as in a warm function.
  for (const provider of ["alipay", "stripe"] as const) await settled(provider);
});
afterAll(() => world.stop());

async function counters() {
  const names = ["Questions", "Com_commit"];
  const { rows } = await sql<{ Variable_name: string; Value: string }>`
    SHOW SESSION STATUS WHERE Variable_name IN (${sql.join(names)})`.execute(openGateway().db);
  return names.map((name) => Number(rows.find((row) => row.Variable_name === name)?.Value));
}

/** Counts the statements, including BEGIN and COMMIT, on the functions' only connection while `act` runs. */
async function roundTrips(act: () => Promise<unknown>): Promise<{ statements: number; commits: number }> {
  const [statements = 0, commits = 0] = await counters();
  await act();
  const [after = 0, commitsAfter = 0] = await counters();
  // The second SHOW STATUS counts itself.
  return { statements: after - statements - 1, commits: commitsAfter - commits };
}

async function settled(provider: "alipay" | "stripe"): Promise<Data> {
  const { data } = await api.create(anOrder({ provider }));
  await simulatorOf(world, provider).pay(data);
  await until(async () => (await api.query(String(data.order_no))).data.status === "success");
  await world.queues.drain();
  return data;
}

async function webhook(provider: "alipay" | "stripe", orderNo: unknown, act: () => Promise<unknown>) {
  const { webhooks } = simulatorOf(world, provider);
  const done = async () => (await webhooks(String(orderNo))).filter(({ status }) => status !== null).length;
  const before = await done();
  await act();
  await until(async () => (await done()) > before);
}

describe.each(["alipay", "stripe"] as const)(
  "database round trips of %s calls with warm caches",
  (provider) => {
    it(`a create through ${provider} takes 10 round trips and 2 commits, and its replay takes 1`, async () => {
      const order = anOrder({ provider });
      expect(await roundTrips(() => api.create(order))).toEqual({ statements: 10, commits: 2 });
      expect(await roundTrips(() => api.create(order))).toEqual({ statements: 1, commits: 0 });
    });

    it(`a query of a final ${provider} payment takes 1 round trip`, async () => {
      const { order_no } = await settled(provider);
      expect(await roundTrips(() => api.query(String(order_no)))).toEqual({ statements: 1, commits: 0 });
    });

    it(`a webhook of ${provider} that settles takes 8 round trips and 1 commit, and its repeat takes 2`, async () => {
      const { data } = await api.create(anOrder({ provider }));
      const simulator = simulatorOf(world, provider);
      const pay = () => webhook(provider, data.order_no, () => simulator.pay(data));
      expect(await roundTrips(pay)).toEqual({ statements: 8, commits: 1 });
      const again = () => webhook(provider, data.order_no, () => simulator.resend(String(data.order_no)));
      expect(await roundTrips(again)).toEqual({ statements: 2, commits: 0 });
    });

    it(`forged ${provider} webhooks take no round trips, except one config read in five seconds`, async () => {
      const url = `${world.front.url}/api/v1/public/notify/${provider}/${shop.configs[provider]}`;
      const forged = {
        alipay: `sign=${"A".repeat(344)}&sign_type=RSA2&notify_id=${randomUUID()}`,
        stripe: "{}",
      };
      const type = { alipay: "application/x-www-form-urlencoded; charset=utf-8", stripe: "application/json" };
      const headers = { "content-type": type[provider], "stripe-signature": "t=1,v1=00" };
      const forge = async () => {
        expect((await fetch(url, { method: "POST", headers, body: forged[provider] })).status).toBe(401);
      };
      expect(await roundTrips(forge)).toEqual({ statements: 1, commits: 0 });
      expect(await roundTrips(forge)).toEqual({ statements: 0, commits: 0 });
    });
  },
);

describe("database round trips with warm caches", () => {
  it("a malformed API key and a wrong field take no database round trip", async () => {
    const malformed = apiOf(world, { ...shop, apiKey: shop.apiKey.replace(/.$/, "!") });
    expect(await roundTrips(() => malformed.create(anOrder()))).toEqual({ statements: 0, commits: 0 });
    expect(await roundTrips(() => api.create(anOrder({ amount: 0 })))).toEqual({ statements: 0, commits: 0 });
  });

  it("the first attempt of a delivery takes at most 8 round trips and 1 commit", async () => {
    await world.queues.drain();
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    await webhook("stripe", data.order_no, () => simulatorOf(world, "stripe").pay(data));
    const notified = await roundTrips(() => world.queues.drain());
    expect((await api.query(String(data.order_no))).data).toMatchObject({ notify_status: "success" });
    expect(notified.statements).toBeLessThanOrEqual(8);
    // The UPDATE that records the outcome commits by itself.
    expect(notified.commits).toBe(1);
  });
});
