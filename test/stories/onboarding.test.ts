import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { configsOf } from "../../lib/providers/configs.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook, stripeEvents } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, post, type Shop, type World } from "../steps/world.ts";

type Credentials = Record<string, unknown>;
type ProviderName = "alipay" | "wechat" | "stripe" | "paypal";

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

/** What the provider gives to a new merchant. */
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

/** Paid by the provider's own webhook alone: nobody asks. */
async function paysByWebhook(provider: ProviderName, config: string): Promise<void> {
  const simulator = simulatorOf(world, provider);
  const { data, status } = await api.create(anOrder({ provider, config }));
  expect(status).toBe(200);
  const orderNo = String(data.order_no);
  await simulator.pay(data);
  await simulator.accepted(orderNo);
  // PayPal's webhook is a hint, whose look-up captures.
  if (provider === "paypal") await world.queues.drain();
  expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
}

describe("setting up a config", () => {
  it("with a field that the provider has not says which", async () => {
    const credentials = await anAccount("stripe");
    await expect(configSet("stripe", "odd", { ...credentials, colour: "green" })).rejects.toThrow(
      /incomplete or wrong: Unrecognized key: "colour"$/,
    );
  });

  it.each([
    ["stripe", "webhook_secret", "/v1/webhook_endpoints"],
    ["paypal", "webhook_id", "/v1/notifications/webhooks"],
  ] as const)(
    "of %s without %s registers our webhook there, which then verifies",
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

      // Once more, by somebody who does not know that it is done: still one webhook there, and it verifies.
      await configSet(provider, "registered", credentials);
      await paysByWebhook(provider, "registered");
    },
  );

  const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

  it.each([
    ["alipay", "another private key", { private_key: privateKey }, /private_key is not the half/],
    ["alipay", "an unknown application", { app_id: "2021999999999999" }, /app_id/],
    ["alipay", "a private key that is none", { private_key: "MIIBroken" }, /private_key: .*key/],
    ["alipay", "a field too many", { appid: "1" }, /appid/],
    ["wechat", "another private key", { private_key: privateKey }, /WeChat Pay|private_key|serial_no/],
    ["wechat", "a short api_v3_key", { api_v3_key: "short" }, /api_v3_key: must be exactly 32 bytes/],
    ["stripe", "an unknown key", { secret_key: `sk_test_${"x".repeat(40)}` }, /Stripe does not know/],
    ["stripe", "a publishable key", { secret_key: "pk_test_1234567890" }, /secret_key/],
    ["paypal", "a wrong secret", { secret: `E${"w".repeat(79)}` }, /PayPal refused the credentials/],
    ["paypal", "somebody else's webhook_id", { webhook_id: "8PT597110X687430L" }, /webhook_id is none/],
  ] as const)(
    "of %s with %s is refused in words, and nothing is stored",
    async (provider, _name, wrong, words) => {
      const before = await stored();
      const data = { ...(await anAccount(provider)), ...wrong };
      const refusal = await configSet(provider, "wrong", data).then(
        () => "accepted",
        (error: Error) => error.message,
      );
      expect(refusal).toMatch(words);
      expect(await stored()).toEqual(before);
      // The words never repeat what was typed.
      for (const value of Object.values(wrong).filter((text) => text.length > 20))
        expect(refusal).not.toContain(value.slice(0, 64));
    },
  );

  it("refuses what is no JSON object, and a merchant or provider that does not exist", async () => {
    const before = await stored();
    await expect(configSet("stripe", "wrong", "{")).rejects.toThrow(/data: is not valid JSON/);
    await expect(configSet("cash", "wrong", {})).rejects.toThrow(/one of alipay/);
    await expect(configSet("stripe", "wrong", {}, { merchant: "nobody" })).rejects.toThrow(/no merchant/);
    expect(await stored()).toEqual(before);
  });

  it("without a probe is stored while the provider is away, and a check says what is wrong", async () => {
    const good = await anAccount("alipay");
    const wrong = { ...good, private_key: privateKey };
    const { config_id } = await configSet("alipay", "later", wrong, { skip_probe: "yes" });
    expect((await check(config_id)).verdict).toMatch(/private_key is not the half/);
    await configSet("alipay", "later", good);
    expect(await check(config_id)).toEqual(
      expect.objectContaining({ verdict: "works", account: good.app_id }),
    );
    await simulatorOf(world, "alipay").faults({ status: 503 });
    expect((await check(config_id)).verdict).toMatch(/could not be tried/);
    await simulatorOf(world, "alipay").faults({});
  });
});

describe("a config that was inserted by hand", () => {
  it("as plain JSON works at once with a warning, and is sealed by the sweeper", async () => {
    const credentials = await anAccount("alipay");
    await rows.query(
      `INSERT INTO payment_configs (user_id, provider, config_name, config_data, status)
       VALUES (?, 'alipay', 'by-hand', ?, 1)`,
      [shop.userId, JSON.stringify(credentials)],
    );
    const log = await logOf(() => paysByNotice("by-hand"));
    expect(log).toContainEqual(
      expect.objectContaining({ level: "warn", message: "config stored unsealed; the sweeper will seal it" }),
    );
    await invoke("sweep", {});
    const [row] = await rows.query("SELECT * FROM payment_configs WHERE config_name = 'by-hand'");
    expect(String(row?.config_data)).toMatch(/^\{"sealed":/);
    expect(String(row?.config_data)).not.toContain(String(credentials.app_id));
    expect(await check(String(row?.id))).toMatchObject({ verdict: "works" });
    await paysByNotice("by-hand");
  });

  const paysByNotice = (config: string) => paysByWebhook("alipay", config);

  it("and is incomplete makes no payment and says what it lacks", async () => {
    const newShop = await world.openShop("stripe");
    const theirs = apiOf(world, newShop);
    // This process has read the merchant's configs from here on.
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

describe("a webhook secret that is changed while it is in use", () => {
  const another = "whsec_another_one_0123456789";

  it("is taken up by the next webhook; while both are listed, both sign", async () => {
    const { username: merchant, configs } = shop;
    const { account: _, ...credentials } = shop.accounts.stripe!;
    const { event } = stripeEvents(world, shop);
    await simulatorOf(world, "stripe").faults({ lose: true });
    const heard = async (secret: string) => {
      const { data } = await api.create(anOrder({ provider: "stripe", config: "default" }));
      const told = event(data.order_no, { secret });
      const { status } = await postWebhook(world, `stripe/${configs.stripe}`, told);
      return [status, (await rows.order(data.order_no)).status];
    };
    const first = String(credentials.webhook_secret);
    // From here on this process holds the config as it was.
    expect(await heard(first)).toEqual([200, "success"]);
    const data = JSON.stringify({ ...credentials, webhook_secret: [first, another] });
    await world.ops("config set", { merchant, provider: "stripe", data });

    expect(await heard(another)).toEqual([200, "success"]);
    expect(await heard(first)).toEqual([200, "success"]);
    expect(await heard("whsec_nobodys")).toEqual([401, "pending"]);
    await simulatorOf(world, "stripe").faults({});
  });

  it("is read anew at most once in a while, however many forgeries come", async () => {
    const gateway = openGateway();
    let reads = 0;
    const configs = configsOf({
      rows: {
        ...gateway.configRows,
        byId(id) {
          reads += 1;
          return gateway.configRows.byId(id);
        },
      },
      vault: gateway.vault,
      anomalies: gateway.anomalies,
      clock: world.clock,
      baseUrls: world.sandbox.simulators,
      publicUrl: world.front.url,
    });
    const { body, headers } = stripeEvents(world, shop).event("x", { secret: "whsec_nobodys" });
    for (let at = 0; at < 20; at++) {
      const call = { body: Buffer.from(body), headers };
      await expect(configs.hear("stripe", shop.configs.stripe!, call)).rejects.toThrow(/signature/);
    }
    expect(reads).toBe(2);
  });
});

describe("an API key", () => {
  const isTaken = async (apiKey: string) =>
    (await apiOf(world, { ...shop, apiKey }).call("GET", "/api/v1/capabilities")).status === 200;

  it("that is rolled works beside the new one until the overlap ends", async () => {
    const newShop = await world.openShop("stripe");
    const { username: merchant, apiKey: old } = newShop;
    expect(await isTaken(old)).toBe(true);
    const { api_key: fresh } = await world.ops<{ api_key: string }>("key roll", { merchant });
    expect([await isTaken(old), await isTaken(fresh)]).toEqual([true, true]);
    await world.passes(24 * 3600 - 60);
    expect([await isTaken(old), await isTaken(fresh)]).toEqual([true, true]);
    await world.passes(60);
    expect([await isTaken(old), await isTaken(fresh)]).toEqual([false, true]);
  });

  it("that is revoked is refused a minute later at the latest", async () => {
    const newShop = await world.openShop("stripe");
    const { username: merchant, apiKey } = newShop;
    expect(await isTaken(apiKey)).toBe(true);
    const [key] = await world.ops<{ key_id: string }[]>("key list", { merchant });
    await world.ops("key revoke", { merchant, key_id: key?.key_id });
    await world.passes(60);
    expect(await isTaken(apiKey)).toBe(false);
    await expect(world.ops("key revoke", { merchant, key_id: key?.key_id })).rejects.toThrow(/no live key/);
  });
});
