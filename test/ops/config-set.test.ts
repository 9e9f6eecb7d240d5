import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { receiveWebhook } from "../../lib/payments/receive-webhook.ts";
import { credentialsOf } from "../../lib/providers/credentials.ts";
import { findConfig } from "../../lib/storage/payment-configs.ts";
import { providerNames } from "../kits/kits.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { type Credentials, type OneConfig, oneConfig, openAccount } from "../steps/generations.ts";
import { openWorld, post, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
const opened: OneConfig[] = [];

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("stripe");
});
afterAll(async () => {
  await Promise.all(opened.map(({ rows }) => rows.close()));
  await world.stop();
});

async function aConfig(provider: string) {
  const config = await oneConfig(world, shop, provider);
  opened.push(config);
  return { config, ...(await openAccount(world, provider)) };
}

const stored = async (configId: string) => {
  const { db, vault } = openGateway();
  return (await credentialsOf((await findConfig(db, configId))!, vault)) as Record<string, unknown>;
};

/** Credentials with a new key of the same Stripe account; Stripe refuses the old key from now on. */
async function rolled(account: string, credentials: Credentials): Promise<Credentials> {
  const url = `${world.sandbox.simulators.stripe}/_sim/roll-key`;
  return { ...credentials, secret_key: (await post<Credentials>(url, { account })).secret_key! };
}

/** How many endpoints were registered at Stripe. */
const registered = async ({ simulator }: OneConfig) =>
  (await simulator.calls()).filter((call) => call.method === "POST" && call.path === "/v1/webhook_endpoints")
    .length;

/** The outcome of an event signed with this secret in a new environment: `accepted` or the failure's name. */
async function parses(configId: string, secret: unknown, orderNo: unknown = "nobody's"): Promise<string> {
  const gateway = anotherGateway();
  const { event } = stripeEvents(world, shop);
  const { body, headers } = event(orderNo, { secret: String(secret), session: { currency: "usd" } });
  const call = { body: Buffer.from(body), headers };
  const said = await receiveWebhook(gateway, "stripe", configId, call).then(
    () => "accepted",
    (error) => error.failure,
  );
  await gateway.close();
  return said;
}

// Stripe shows an endpoint's secret once and sends a failed event again for three days:
// https://docs.stripe.com/webhooks#retries https://docs.stripe.com/api/webhook_endpoints/object
describe("config set with a new key of the same Stripe account", () => {
  it("config set with a new Stripe key keeps the webhook endpoint, so a webhook that is retried verifies", async () => {
    const { config, credentials, account } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const { webhook_secret: secret } = await stored(config_id);
    const created = await config.create();
    await config.simulator.faults({ tamper: true, times: 1 });
    await config.simulator.pay(created);
    await expect
      .poll(async () =>
        (await config.simulator.webhooks(String(created.order_no))).map(({ outcome }) => outcome),
      )
      .toEqual(["refused"]);

    const before = await registered(config);
    const set = await config.set(await rolled(account, credentials));
    expect(set).toMatchObject({ did: "updated", config_id, account, kept: ["webhook_secret"] });
    expect(await registered(config)).toBe(before);
    expect(await stored(config_id)).toMatchObject({ webhook_secret: secret });
    expect(await parses(config_id, (secret as string[])[0])).toBe("accepted");
    await world.passes(400);
    await config.simulator.accepted(String(created.order_no));
    expect(await config.order(created)).toMatchObject({ status: "success", config_id });
  });

  it("config set with new_webhook registers a new endpoint; the old secret is accepted for three days", async () => {
    const { config, credentials, account } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const [old] = (await stored(config_id)).webhook_secret as string[];
    const before = await registered(config);
    const set = await config.set(await rolled(account, credentials), { new_webhook: "yes" });
    expect(set).toMatchObject({ did: "updated", config_id, kept: [] });
    expect(await registered(config)).toBe(before + 1);
    const now = await stored(config_id);
    expect(now.webhook_secret).not.toContain(old);
    expect(now.former_webhook_secrets).toMatchObject([{ secret: old }]);
    const [fresh] = now.webhook_secret as string[];
    const created = await config.create();
    expect(await parses(config_id, old, created.order_no)).toBe("accepted");
    expect(await config.order(created)).toMatchObject({ status: "success" });
    // A later change does not extend the three days.
    await config.set({ ...(await rolled(account, credentials)) });
    await world.passes(3 * 24 * 3600 - 60);
    expect([await parses(config_id, old), await parses(config_id, fresh)]).toEqual(["accepted", "accepted"]);
    await world.passes(120);
    expect(await parses(config_id, old)).toBe("notification_refused");
    expect(await parses(config_id, fresh)).toBe("accepted");
  });

  it("config set with a null webhook_secret removes the secret and registers a new endpoint", async () => {
    const { config, credentials } = await aConfig("stripe");
    const { config_id } = await config.set(credentials);
    const { webhook_secret: before } = await stored(config_id);
    await config.set({ ...credentials, webhook_secret: null });
    expect((await stored(config_id)).webhook_secret).not.toEqual(before);
  });
});

describe("fields that config set keeps", () => {
  it("config set without seller_id keeps the seller_id of the same Alipay account", async () => {
    const { config, credentials } = await aConfig("alipay");
    const { config_id } = await config.set(credentials);
    const { seller_id, ...without } = credentials;
    expect(seller_id).toBeDefined();
    expect(await config.set(without)).toMatchObject({ did: "updated", config_id, kept: ["seller_id"] });
    expect(await stored(config_id)).toMatchObject({ seller_id });
    expect(await config.set({ ...without, seller_id: null })).toMatchObject({ kept: [] });
    expect(await stored(config_id)).not.toHaveProperty("seller_id");
  });

  it("config set keeps WeChat Pay's public key and its id together, and neither alone", async () => {
    const { config, credentials } = await aConfig("wechat");
    const { config_id } = await config.set(credentials);
    const { public_key: _, public_key_id, ...without } = credentials;
    expect(await config.set(without)).toMatchObject({ kept: ["public_key", "public_key_id"] });
    expect(await stored(config_id)).toMatchObject({ public_key_id });
    await expect(config.set({ ...without, public_key_id: "PUB_KEY_ID_0" })).rejects.toThrow(/public_key/);
  });

  it("config set without webhook_id keeps the webhook_id of the same PayPal account", async () => {
    const { config, credentials } = await aConfig("paypal");
    const { config_id } = await config.set(credentials);
    const { webhook_id } = await stored(config_id);
    expect(await config.set(credentials)).toMatchObject({ did: "updated", config_id, kept: ["webhook_id"] });
    expect(await stored(config_id)).toMatchObject({ webhook_id });
  });

  it.each(providerNames)(
    "config set of another %s account keeps no field of the previous account",
    async (provider) => {
      const { config, credentials } = await aConfig(provider);
      const first = await config.set(credentials);
      const before = await stored(first.config_id);
      const { seller_id: _, ...other } = (await openAccount(world, provider)).credentials;
      const second = await config.set(other);
      expect(second).toMatchObject({ did: "replaced", kept: [] });
      const now = await stored(second.config_id);
      const kept = Object.entries(now).filter(([name, value]) => {
        return (
          typeof value !== "boolean" &&
          name !== "mode" &&
          JSON.stringify(before[name]) === JSON.stringify(value)
        );
      });
      expect(kept).toEqual([]);
      expect(now).not.toHaveProperty("seller_id");
      expect(now).not.toHaveProperty("former_app_ids");
    },
  );
});

// The money goes to the merchant number (mchid); several AppIDs may be bound to one, and a transaction names the AppID
// with which it was made: https://pay.weixin.qq.com/doc/v3/merchant/4012791870
describe("WeChat Pay configs with a new app_id", () => {
  it("a WeChat Pay config with a new app_id settles orders of the old app_id, by webhook and by poll", async () => {
    const { config, credentials } = await aConfig("wechat");
    const { config_id } = await config.set(credentials);
    const [byWebhook, byPoll] = [await config.create(), await config.create()];
    const app_id = "wx0123456789abcdef";
    expect(await config.set({ ...credentials, app_id })).toMatchObject({ did: "updated", config_id });
    expect(await stored(config_id)).toMatchObject({ app_id, former_app_ids: [credentials.app_id] });
    await config.simulator.pay(byWebhook);
    await config.simulator.accepted(String(byWebhook.order_no));
    await config.payUnseen(byPoll);
    await config.passes(60);
    for (const created of [byWebhook, byPoll])
      expect(await config.order(created)).toMatchObject({
        status: "success",
        provider_account: credentials.mch_id,
      });
    // Back to the first app_id: now the second one is listed as a former app_id.
    await config.set(credentials);
    expect(await stored(config_id)).toMatchObject({ app_id: credentials.app_id, former_app_ids: [app_id] });
  });
});

describe("config set while the provider is unavailable", () => {
  it("config set during a Stripe outage stores a new config, but does not replace one of unknown account", async () => {
    const { config, credentials } = await aConfig("stripe");
    await config.simulator.faults({ status: 503 });
    await expect(config.set({ ...credentials, webhook_secret: "whsec_by_hand" })).rejects.toThrow(
      /skip-probe/,
    );
    const by_hand = { ...credentials, webhook_secret: "whsec_by_hand" };
    const unprobed = await config.set(by_hand, { skip_probe: "yes" });
    expect(unprobed).toMatchObject({ did: "created", account: null });
    await config.simulator.faults({});
    expect(await config.set(credentials)).toMatchObject({ did: "updated", config_id: unprobed.config_id });

    await config.simulator.faults({ status: 503 });
    const other = { ...(await openAccount(world, "stripe")).credentials, webhook_secret: "whsec_other" };
    await expect(config.set(other, { skip_probe: "yes" })).rejects.toThrow(
      /does not answer, so it is unknown/,
    );
    // The same key belongs to the same account, so Stripe is not needed.
    expect(await config.set(credentials, { skip_probe: "yes" })).toMatchObject({ did: "updated" });
    await config.simulator.faults({});
  });

  it("config set reads the account of Alipay and WeChat Pay from the credentials, without a call", async () => {
    const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const private_key = key.export({ type: "pkcs8", format: "pem" }).toString();
    for (const provider of ["alipay", "wechat"]) {
      const { config, credentials, account } = await aConfig(provider);
      const first = await config.set(credentials);
      const same = await config.set({ ...credentials, private_key }, { skip_probe: "yes" });
      expect(same).toMatchObject({ did: "updated", config_id: first.config_id, account });
      const other = (await openAccount(world, provider)).credentials;
      expect(await config.set({ ...other, private_key }, { skip_probe: "yes" })).toMatchObject({
        did: "replaced",
      });
    }
  });
});
