import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AlipaySignedByUs, alipaySignedByUs } from "../kits/alipay/signed-notices.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { type LogLine, logOf } from "../steps/captured-log.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook, type SignedCall } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let proxy: DatabaseProxy;
let rows: Rows;
let shop: Shop;
let otherShop: Shop;
let api: Api;
let alipay: AlipaySignedByUs;
let stripe: ReturnType<typeof stripeEvents>;

beforeAll(async () => {
  world = await openWorld();
  const { hostname, port } = new URL(process.env.DATABASE_URL!);
  proxy = await startDatabaseProxy({ host: hostname, port: Number(port) });
  process.env.DB_PORT = String(proxy.port);
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  otherShop = await world.openShop("alipay", "stripe");
  api = apiOf(world, shop);
  alipay = await alipaySignedByUs(world, shop);
  stripe = stripeEvents(world, shop);
});
afterAll(async () => {
  await rows.close();
  proxy.stop();
  await world.stop();
});

const refusal = '{"code":2002,"message":"the signature is not valid"';

/** The verdicts of the log lines about webhooks. */
function verdicts(lines: LogLine[]) {
  return lines.filter(({ message }) => message === "webhook").map(({ verdict }) => verdict);
}

async function expectRefused(path: string, call: SignedCall, expected = { status: 401, body: refusal }) {
  const before = await rows.checksums();
  let answer = { status: 0, body: "" };
  const lines = await logOf(async () => {
    answer = await postWebhook(world, path, call);
  });
  expect({ status: answer.status, body: answer.body.slice(0, expected.body.length) }).toEqual(expected);
  expect(await rows.checksums()).toEqual(before);
  expect(verdicts(lines)).toEqual(["refused"]);
  expect(lines.filter(({ message }) => message !== "webhook").map(({ message }) => message)).toEqual([
    "call",
  ]);
  const logged = JSON.stringify(lines);
  for (const secret of Object.values(shop.accounts).flatMap((account) => Object.values(account))) {
    if (secret.length > 30) expect(logged).not.toContain(secret);
  }
  const signature = call.headers["stripe-signature"] || call.body.slice(-80);
  if (signature !== "") expect(logged).not.toContain(signature);
}

/** The text with one character changed: the first letter or digit at or after this share of its length. */
function withOneByteChanged(text: string, share: number): string {
  const from = Math.floor(text.length * share);
  // Skips percent escapes, where another letter case is still the same byte.
  const at = from + text.slice(from).search(/(?<!%|%[0-9A-F])[0-9A-Za-z]/);
  return text.slice(0, at) + (text[at] === "1" ? "2" : "1") + text.slice(at + 1);
}

const shares = [0, 0.05, 0.12, 0.2, 0.27, 0.35, 0.42, 0.5, 0.58, 0.66, 0.75, 0.85, 0.93];

describe("forged Alipay notifications", () => {
  let orderNo: unknown;
  let good: SignedCall;
  beforeAll(async () => {
    orderNo = (await api.create(anOrder({ config: alipay.name }))).data.order_no;
    good = alipay.notice(orderNo);
  });

  it.each(shares)(
    "an Alipay notification with the byte at %f of its length changed is refused and writes nothing",
    async (share) => {
      await expectRefused(alipay.path, { ...good, body: withOneByteChanged(good.body, share) });
    },
  );

  it("an Alipay notification without a signature or with an older signature type is refused", async () => {
    const form = new URLSearchParams(good.body);
    form.set("sign_type", "RSA");
    await expectRefused(alipay.path, { ...good, body: form.toString() });
    form.set("sign_type", "RSA2");
    form.set("sign", "");
    await expectRefused(alipay.path, { ...good, body: form.toString() });
    form.delete("sign");
    await expectRefused(alipay.path, { ...good, body: form.toString() });
    await expectRefused(alipay.path, { ...good, body: "" });
  });

  it("an Alipay notification signed with the key of another config is refused", async () => {
    const second = await alipaySignedByUs(world, shop);
    const external = await alipaySignedByUs(world, otherShop);
    await expectRefused(second.path, good);
    await expectRefused(external.path, good);
    await expectRefused(alipay.path, second.notice(orderNo));
  });

  it("an Alipay notification to a config that is missing, of another provider or not a number is refused", async () => {
    for (const id of ["999999999", shop.configs.stripe, `${alipay.configId}x`, `0${alipay.configId}`, "-1"]) {
      await expectRefused(`alipay/${id}`, good);
    }
    // This event is correctly signed for that config but posted to the path of another provider.
    await expectRefused(`alipay/${shop.configs.stripe}`, stripe.event(orderNo));
  });

  it("an Alipay notification that repeats a field is refused, signed or not", async () => {
    await expectRefused(alipay.path, { ...good, body: `${good.body}&trade_status=TRADE_SUCCESS` });
    await expectRefused(alipay.path, { ...good, body: `a=%FF&${good.body}&a=2` });
  });

  it("an Alipay notification to an unusable config is refused like a forged one", async () => {
    const [config] = await rows.query<{ id: string }>("SELECT id FROM payment_configs WHERE id = ?", [
      alipay.configId,
    ]);
    await rows.query(
      `INSERT INTO payment_configs (user_id, provider, config_name, config_data)
       SELECT user_id, provider, 'half', '{"app_id":"1"}' FROM payment_configs WHERE id = ?`,
      [config!.id],
    );
    const [half] = await rows.query<{ id: string }>("SELECT MAX(id) AS id FROM payment_configs");
    const { status, body } = await postWebhook(world, `alipay/${half!.id}`, good);
    expect({ status, body: body.slice(0, refusal.length) }).toEqual({ status: 401, body: refusal });
  });

  it("a flood of forged Alipay notifications causes no SQL statement", async () => {
    await postWebhook(world, alipay.path, { ...good, body: withOneByteChanged(good.body, 0.5) });
    const requested = proxy.statements.length;
    const lines = await logOf(() =>
      Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          postWebhook(world, alipay.path, { ...good, body: withOneByteChanged(good.body, index / 110) }),
        ),
      ),
    );
    expect(verdicts(lines)).toEqual(Array(100).fill("refused"));
    expect(proxy.statements.slice(requested)).toEqual([]);
  });

  it("the Alipay notification used for forgeries is accepted when unchanged", async () => {
    expect(await postWebhook(world, alipay.path, good)).toEqual({ status: 200, body: "success" });
    expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
  });
});

describe("forged Stripe events", () => {
  let orderNo: unknown;
  let good: SignedCall;
  beforeAll(async () => {
    orderNo = (await api.create(anOrder({ provider: "stripe" }))).data.order_no;
    good = stripe.event(orderNo);
  });
  const signature = (value: string): SignedCall => ({
    ...good,
    headers: { ...good.headers, "stripe-signature": value },
  });

  it("a forged Stripe event to a config that was never used causes no provider call and writes nothing", async () => {
    // A config inserted by hand has no account yet.
    await rows.query("UPDATE payment_configs SET account = NULL WHERE id = ?", [otherShop.configs.stripe]);
    const stripeApi = simulatorOf(world, "stripe");
    const calls = (await stripeApi.calls()).length;
    await expectRefused(`stripe/${otherShop.configs.stripe}`, good);
    expect(await stripeApi.calls()).toHaveLength(calls);
  });

  it.each(shares)(
    "a Stripe event with the byte at %f of its length changed is refused and writes nothing",
    async (share) => {
      await expectRefused(stripe.path, { ...good, body: withOneByteChanged(good.body, share) });
    },
  );

  it("a Stripe event without a signature or with any byte of it changed is refused", async () => {
    const header = good.headers["stripe-signature"]!;
    const { "stripe-signature": _, ...unsigned } = good.headers;
    await expectRefused(stripe.path, { ...good, headers: unsigned });
    for (const value of ["", "t=1", header.replace(",v1=", ",v0="), header.replace(/v1=.*/, "v1=")]) {
      await expectRefused(stripe.path, signature(value));
    }
    for (const share of [0.1, 0.3, 0.6, 0.98]) {
      await expectRefused(stripe.path, signature(withOneByteChanged(header, share)));
    }
  });

  it.each([-301, 301])("a Stripe event correctly signed %d s away from now is refused", async (seconds) => {
    const signedAt = new Date(world.clock.now().getTime() + seconds * 1000);
    // The signature's time is rounded down to a whole second.
    if (seconds > 0) signedAt.setMilliseconds(999);
    await expectRefused(stripe.path, stripe.event(orderNo, { signedAt }));
  });

  it("a Stripe event signed with another merchant's secret or posted to another config is refused", async () => {
    const { webhook_secret: secret } = otherShop.accounts.stripe!;
    await expectRefused(stripe.path, stripe.event(orderNo, { secret }));
    for (const id of ["999999999", otherShop.configs.stripe, alipay.configId]) {
      await expectRefused(`stripe/${id}`, good);
    }
  });

  it("a correctly signed Stripe call that holds no event is malformed", async () => {
    const malformed = { status: 400, body: '{"code":2002,' };
    for (const body of ["", "[]", "{", '{"id":"evt_1"}', "null"]) {
      await expectRefused(stripe.path, stripe.signed(body), malformed);
    }
  });

  it("the Stripe event used for forgeries is accepted when unchanged, also 299 s after it was signed", async () => {
    const signedAt = new Date(world.clock.now().getTime() - 299_000);
    const [early, now] = [stripe.event(orderNo, { signedAt }), good];
    expect((await postWebhook(world, stripe.path, early)).status).toBe(200);
    expect((await postWebhook(world, stripe.path, now)).status).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
  });
});
