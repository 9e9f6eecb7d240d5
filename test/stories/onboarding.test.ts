import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConfigs } from "../../lib/merchants/configs.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { aPrivateKey } from "../kits/a-private-key.ts";
import { kits, onlyWakesUp, providerNames } from "../kits/kits.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, post, type Shop, type World } from "../steps/world.ts";

type Credentials = Record<string, unknown>;

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop();
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

/** The credentials that the provider gives to a new merchant. */
async function anAccount(provider: ProviderName): Promise<Credentials> {
  const { account: _, ...credentials } = await post<Credentials>(
    `${world.sandbox.simulators[provider]}/_sim/accounts`,
    {},
  );
  return credentials;
}

const configSet = (provider: string, name: string, data: Credentials | string, more: Data = {}) =>
  world.ops<{ config_id: string; webhook_url: string }>("config set", {
    ...{ merchant: shop.username, provider, name, ...more },
    data: typeof data === "string" ? data : JSON.stringify(data),
  });

const check = (config_id: string) =>
  world.ops<{ verdict: string; account: string | null }>("config check", {
    merchant: shop.username,
    config_id,
  });

const stored = () => rows.query("SELECT * FROM payment_configs ORDER BY id");

/** Expects that a payment is settled by the provider's own webhook, without a poll of ours. */
async function paysByWebhook(provider: ProviderName, config: string): Promise<void> {
  const simulator = simulatorOf(world, provider);
  const { data, status } = await api.create(anOrder({ provider, config }));
  expect(status).toBe(200);
  const orderNo = String(data.order_no);
  await simulator.pay(data);
  await simulator.accepted(orderNo);
  // A webhook that proves nothing only wakes up a poll, and the poll settles the payment.
  if (onlyWakesUp(provider)) await world.queues.drain();
  expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
}

describe("config set", () => {
  it("config set with an unknown field names the field", async () => {
    const credentials = await anAccount("stripe");
    await expect(configSet("stripe", "odd", { ...credentials, colour: "green" })).rejects.toThrow(
      /incomplete or wrong: colour: unknown field: remove it$/,
    );
  });

  it.each([
    ["stripe", "webhook_secret", "/v1/webhook_endpoints"],
    ["paypal", "webhook_id", "/v1/notifications/webhooks"],
  ] as const)(
    "config set of %s without %s registers our webhook, whose events then verify",
    async (provider, field, path) => {
      const { [field]: _, ...credentials } = await anAccount(provider);
      const before = (await simulatorOf(world, provider).calls()).length;
      const { config_id, webhook_url } = await configSet(provider, "registered", credentials);
      const calls = (await simulatorOf(world, provider).calls()).slice(before);
      const registered = calls.filter((call) => call.method === "POST" && call.path === path);
      expect(registered.map(({ body }) => decodeURIComponent(body).includes(webhook_url))).toEqual([true]);
      expect(webhook_url).toBe(`${world.front.url}/api/v1/public/notify/${provider}/${config_id}`);
      expect(await check(config_id)).toMatchObject({ verdict: "works", account: expect.any(String) });
      await paysByWebhook(provider, "registered");

      // Setting the config again still leaves one webhook at the provider, whose events verify.
      await configSet(provider, "registered", credentials);
      await paysByWebhook(provider, "registered");
    },
  );

  const wrongConfigs = providerNames.flatMap((provider) =>
    kits[provider].wrongConfigs.map((wrong) => [provider, ...wrong] as const),
  );

  it.each(wrongConfigs)(
    "config set of %s with %s is refused with the reason, and nothing is stored",
    async (provider, _name, wrong, words) => {
      const before = await stored();
      const data = { ...(await anAccount(provider)), ...wrong };
      const refusal = await configSet(provider, "wrong", data).then(
        () => "accepted",
        (error: Error) => error.message,
      );
      expect(refusal).toMatch(words);
      expect(await stored()).toEqual(before);
      // The message never repeats the input.
      for (const value of Object.values(wrong).filter((text) => text.length > 20))
        expect(refusal).not.toContain(value.slice(0, 64));
    },
  );

  it("config set refuses data that is not JSON, an unknown provider and an unknown merchant", async () => {
    const before = await stored();
    await expect(configSet("stripe", "wrong", "{")).rejects.toThrow(/data: is not valid JSON/);
    await expect(configSet("cash", "wrong", {})).rejects.toThrow(/one of alipay/);
    await expect(configSet("stripe", "wrong", {}, { merchant: "nobody" })).rejects.toThrow(/no merchant/);
    expect(await stored()).toEqual(before);
  });

  it("config set with skip_probe stores wrong credentials, and config check says what is wrong", async () => {
    const good = await anAccount("alipay");
    const wrong = { ...good, private_key: aPrivateKey() };
    const { config_id } = await configSet("alipay", "later", wrong, { skip_probe: "yes" });
    expect((await check(config_id)).verdict).toMatch(/private_key does not belong to/);
    await configSet("alipay", "later", good);
    expect(await check(config_id)).toEqual(
      expect.objectContaining({ verdict: "works", account: good.app_id }),
    );
    await simulatorOf(world, "alipay").faults({ status: 503 });
    expect((await check(config_id)).verdict).toMatch(/could not be tried/);
    await simulatorOf(world, "alipay").faults({});
  });
});

describe("configs inserted directly into the database", () => {
  it("a config inserted as plain JSON works at once with a warning and is encrypted by the sweeper", async () => {
    const credentials = await anAccount("alipay");
    await rows.query(
      `INSERT INTO payment_configs (user_id, provider, config_name, config_data, status)
       VALUES (?, 'alipay', 'by-hand', ?, 1)`,
      [shop.userId, JSON.stringify(credentials)],
    );
    const log = await logOf(() => paysByNotice("by-hand"));
    expect(log).toContainEqual(
      expect.objectContaining({
        level: "warn",
        message: "config stored unencrypted; the sweeper will encrypt it",
      }),
    );
    await invoke("sweep", {});
    const [row] = await rows.query("SELECT * FROM payment_configs WHERE config_name = 'by-hand'");
    expect(String(row?.config_data)).toMatch(/^\{"encrypted":/);
    expect(String(row?.config_data)).not.toContain(String(credentials.app_id));
    expect(await check(String(row?.id))).toMatchObject({ verdict: "works" });
    await paysByNotice("by-hand");
  });

  const paysByNotice = (config: string) => paysByWebhook("alipay", config);

  it("a create with an incomplete config is refused and names the missing field", async () => {
    const newShop = await world.openShop("stripe");
    const theirs = apiOf(world, newShop);
    // From here on this process has cached the merchant's configs.
    expect(await theirs.create(anOrder({ provider: "stripe" }))).toMatchObject({ status: 200 });
    const { webhook_secret: _, ...half } = await anAccount("stripe");
    await rows.query(
      `INSERT INTO payment_configs (user_id, provider, config_name, config_data, status)
       VALUES (?, 'stripe', 'half', ?, 1)`,
      [newShop.userId, JSON.stringify(half)],
    );
    expect(await theirs.create(anOrder({ provider: "stripe", config: "half" }))).toMatchObject({
      status: 400,
      code: 2006,
      message: expect.stringContaining("webhook_secret"),
    });
  });
});

describe("webhook secrets changed while in use", () => {
  const another = "whsec_another_one_0123456789";

  it("a changed webhook secret is used for the next webhook, and all listed secrets are accepted", async () => {
    const { username: merchant, configs } = shop;
    const { account: _, ...credentials } = shop.accounts.stripe!;
    const { event } = stripeEvents(world, shop);
    await simulatorOf(world, "stripe").faults({ lose: true });
    const parsed = async (secret: string) => {
      const { data } = await api.create(anOrder({ provider: "stripe", config: "default" }));
      const notified = event(data.order_no, { secret });
      const { status } = await postWebhook(world, `stripe/${configs.stripe}`, notified);
      return [status, (await rows.order(data.order_no)).status];
    };
    const first = String(credentials.webhook_secret);
    // From here on this process has cached the old config.
    expect(await parsed(first)).toEqual([200, "success"]);
    const data = JSON.stringify({ ...credentials, webhook_secret: [first, another] });
    await world.ops("config set", { merchant, provider: "stripe", data });

    expect(await parsed(another)).toEqual([200, "success"]);
    expect(await parsed(first)).toEqual([200, "success"]);
    expect(await parsed("whsec_nobodys")).toEqual([401, "pending"]);
    await simulatorOf(world, "stripe").faults({});
  });

  it("twenty forged webhooks read their config from the database only twice", async () => {
    const gateway = openGateway();
    let reads = 0;
    const counting = gateway.db.withPlugin({
      transformQuery({ node }) {
        reads += 1;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const { vault, clock, baseUrls, publicUrl } = gateway;
    const configs = openConfigs({ db: counting, vault, clock, baseUrls, publicUrl });
    const { body, headers } = stripeEvents(world, shop).event("x", { secret: "whsec_nobodys" });
    for (let at = 0; at < 20; at++) {
      const call = { body: Buffer.from(body), headers };
      await expect(configs.parseWebhook("stripe", shop.configs.stripe!, call)).rejects.toThrow(/signature/);
    }
    expect(reads).toBe(2);
  });
});

describe("API keys", () => {
  const isAccepted = async (apiKey: string) =>
    (await apiOf(world, { ...shop, apiKey }).call("GET", "/api/v1/capabilities")).status === 200;

  it("a rolled API key works together with the new one until the overlap ends", async () => {
    const newShop = await world.openShop("stripe");
    const { username: merchant, apiKey: old } = newShop;
    expect(await isAccepted(old)).toBe(true);
    const { api_key: fresh } = await world.ops<{ api_key: string }>("key roll", { merchant });
    expect([await isAccepted(old), await isAccepted(fresh)]).toEqual([true, true]);
    await world.passes(24 * 3600 - 60);
    expect([await isAccepted(old), await isAccepted(fresh)]).toEqual([true, true]);
    await world.passes(60);
    expect([await isAccepted(old), await isAccepted(fresh)]).toEqual([false, true]);
  });

  it("a revoked API key is refused after at most a minute", async () => {
    const newShop = await world.openShop("stripe");
    const { username: merchant, apiKey } = newShop;
    expect(await isAccepted(apiKey)).toBe(true);
    const [key] = await world.ops<{ key_id: string }[]>("key list", { merchant });
    await world.ops("key revoke", { merchant, key_id: key?.key_id });
    await world.passes(60);
    expect(await isAccepted(apiKey)).toBe(false);
    await expect(world.ops("key revoke", { merchant, key_id: key?.key_id })).rejects.toThrow(/no live key/);
  });
});
