import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Gateway } from "../../lib/gateway.ts";
import { encryptConfigs } from "../../lib/maintenance/encrypt-configs.ts";
import { runCommand } from "../../lib/ops/run-command.ts";
import { capabilities } from "../../lib/payments/capabilities.ts";
import { closePayment } from "../../lib/payments/close-payment.ts";
import { createRefund } from "../../lib/payments/create-refund.ts";
import { queryPayment } from "../../lib/payments/query-payment.ts";
import { receiveWebhook } from "../../lib/payments/receive-webhook.ts";
import { credentialContext, credentialsOf } from "../../lib/providers/credentials.ts";
import { findConfig, listAllConfigs } from "../../lib/storage/payment-configs.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { type LogLine, logOf } from "../steps/captured-log.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { openAccount } from "../steps/generations.ts";
import { aRefundNo, paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;
/** A new environment that has decrypted nothing yet. */
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  other = await world.openShop("stripe");
  // A config of another account: one of the same account would serve the orders of the unreadable config.
  const { credentials } = await openAccount(world, "stripe");
  await world.ops("config set", {
    merchant: shop.username,
    provider: "stripe",
    name: "second",
    data: JSON.stringify(credentials),
  });
  api = apiOf(world, shop);
});
beforeEach(() => {
  gateway = anotherGateway();
});
afterEach(() => gateway.close());
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const stored = async (userId: string, name = "default") =>
  (
    await rows.query<{ config_data: string }>(
      "SELECT config_data FROM payment_configs WHERE user_id = ? AND config_name = ?",
      [userId, name],
    )
  )[0]!.config_data;
const secretsOf = async (userId: string) =>
  (await rows.query<{ text: string }>("SELECT notify_secrets AS text FROM users WHERE id = ?", [userId]))[0]!
    .text;

/** The text with one bit flipped at `share` of its length. */
function flipped(text: string, share: number): string {
  const bytes = Buffer.from(text);
  const at = Math.floor(bytes.length * share);
  return bytes.fill(bytes[at]! ^ 1, at, at + 1).toString("latin1");
}

const whoseText = {
  "another merchant's": () => stored(other.userId),
  "another config's": () => stored(shop.userId, "second"),
  "another field's": () => secretsOf(shop.userId),
};
const shares = [0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.9999];
const damage: [string, (text: string) => string | Promise<string>][] = [
  ...Object.entries(whoseText),
  ...shares.map((share): [string, (text: string) => string] => [
    `its own with a bit changed at ${share}`,
    (text) => flipped(text, share),
  ]),
  ...shares.map((share): [string, (text: string) => string] => [
    `its own cut off at ${share}`,
    (text) => text.slice(0, Math.floor(text.length * share)),
  ]),
];

/** Expects neither the credentials nor the stored text in what was returned or logged. */
function expectNothingLeaked(failures: unknown, log: LogLine[], text: string): void {
  const everything = JSON.stringify([failures, log]);
  const { secret_key, webhook_secret } = shop.accounts.stripe!;
  const encrypted = [...text.matchAll(/[\w+/=]{30,}/g)].map(([part]) => part);
  for (const secret of [secret_key, webhook_secret, ...encrypted]) expect(everything).not.toContain(secret);
}

describe("damaged config texts", () => {
  let unpaid: string;
  let paid: string;
  let text: string;
  beforeAll(async () => {
    const input = { provider: "stripe", config: "default" };
    paid = await paidOrder(world, api, "stripe", { config: "default" });
    unpaid = String((await api.create(anOrder(input))).data.order_no);
    text = await stored(shop.userId);
  });
  const put = (data: string) =>
    rows.query("UPDATE payment_configs SET config_data = ? WHERE id = ?", [data, shop.configs.stripe]);
  afterEach(() => put(text));

  it.each(damage)(
    "a config whose stored text is %s is never used, and only its merchant is told why",
    async (_, damaged) => {
      const instead = await damaged(text);
      await put(instead);
      const before = await rows.checksums();
      const failures: unknown[] = [];
      const log = await logOf(async () => {
        const caller = await gateway.authenticate(shop.apiKey, "create");
        const refund = { order: { orderNo: paid }, refundNo: aRefundNo(), amount: "1.00", reason: "" };
        const { body, headers } = stripeEvents(world, shop).event(unpaid);
        const call = { body: Buffer.from(body), headers };
        const calls = {
          create: () => createThrough(gateway, shop, anOrder({ provider: "stripe", config: "default" })),
          close: () => closePayment(gateway, caller, { orderNo: unpaid }),
          refund: () => createRefund(gateway, caller, refund),
          webhook: () => receiveWebhook(gateway, "stripe", shop.configs.stripe!, call),
        };
        for (const [name, run] of Object.entries(calls)) {
          const failure = await run().then(
            () => "none",
            (error) => ({ failure: error.failure, message: error.message }),
          );
          failures.push(failure);
          if (name === "webhook")
            expect(failure).toEqual({
              failure: "notification_refused",
              message: "the signature is not valid",
            });
          else
            expect(failure, name).toEqual({
              failure: "config_not_found",
              message: expect.stringMatching(
                /^the stripe config "default" (cannot be read|is incomplete or wrong)/,
              ),
            });
        }
        expect(await capabilities(gateway, caller)).toMatchObject([{ config: "second" }]);
      });
      expect(await rows.checksums()).toEqual(before);
      const { payment } = await queryPayment(gateway, await gateway.authenticate(shop.apiKey, "query"), {
        orderNo: unpaid,
      });
      expect(payment).toMatchObject({ status: "pending", orderNo: unpaid });
      expectNothingLeaked(failures, log, instead);
    },
  );

  it("a config row moved to another merchant serves neither, even where it is already decrypted", async () => {
    const id = shop.configs.stripe!;
    const caller = await gateway.authenticate(other.apiKey, "create");
    await gateway.configs.of((await findOrder(gateway.db, shop.userId, { orderNo: unpaid }))!.payment);
    await rows.query("UPDATE payment_configs SET user_id = ?, config_name = 'taken' WHERE id = ?", [
      other.userId,
      id,
    ]);
    await logOf(() =>
      expect(gateway.configs.choose(caller.userId, "stripe", "taken")).rejects.toThrow(/cannot be read/),
    );
    await rows.query("UPDATE payment_configs SET user_id = ?, config_name = 'default' WHERE id = ?", [
      shop.userId,
      id,
    ]);
  });

  it("a config row moved to and encrypted for another merchant no longer serves the first merchant", async () => {
    const id = shop.configs.stripe!;
    await put("damaged");
    const caller = await gateway.authenticate(shop.apiKey, "create");
    const choose = () => gateway.configs.choose(caller.userId, "stripe", "default");
    await logOf(async () => {
      // From here on the environment has the row cached as the first merchant's.
      await expect(gateway.configs.choose(caller.userId, "stripe", "none")).rejects.toThrow(/none/);
      const theirs = { ...(await findConfig(gateway.db, id))!, userId: other.userId };
      const { account: _, ...credentials } = other.accounts.stripe!;
      const encrypted = await gateway.vault.encrypt(JSON.stringify(credentials), credentialContext(theirs));
      await rows.query(
        "UPDATE payment_configs SET user_id = ?, config_name = 'taken', config_data = ? WHERE id = ?",
        [other.userId, encrypted, id],
      );
      await expect(choose()).rejects.toMatchObject({ failure: "config_not_found" });
    });
    const named = "UPDATE payment_configs SET user_id = ?, config_name = 'default' WHERE id = ?";
    await rows.query(named, [shop.userId, id]);
  });
});

describe("damaged signing secrets", () => {
  const cases: [string, (text: string) => Promise<string> | string][] = [
    ["another merchant's", () => secretsOf(other.userId)],
    ["another field's", () => stored(shop.userId)],
    ["cut off", (text) => text.slice(0, -3)],
    ["changed by a bit", (text) => flipped(text, 0.9)],
  ];
  it.each(cases)(
    "signing secrets that are %s sign nothing, and no notification is sent",
    async (_, damaged) => {
      const text = await secretsOf(shop.userId);
      const put = (secrets: string) =>
        rows.query("UPDATE users SET notify_secrets = ? WHERE id = ?", [secrets, shop.userId]);
      await put(await damaged(text));
      const input = anOrder({ provider: "stripe", config: "default" });
      const { order_no: orderNo } = await createThrough(gateway, shop, input);
      const { body, headers } = stripeEvents(world, shop).event(orderNo);
      const log = await logOf(async () => {
        await receiveWebhook(gateway, "stripe", shop.configs.stripe!, { body: Buffer.from(body), headers });
        await world.queues.drain();
      });
      expect((await api.inbox()).filter((notified) => notified.body.includes(orderNo))).toEqual([]);
      expect(await rows.sends(orderNo)).toMatchObject([
        { outcome: "failed", answer: "not sent: the merchant has no signing secret that can be read" },
      ]);
      expect(log).toContainEqual(
        expect.objectContaining({
          level: "error",
          message: "encrypted text cannot be decrypted",
          kind: "notify_secrets",
        }),
      );
      // With the original secrets the next attempt is signed.
      await put(text);
      await world.passes(61);
      await world.queues.drain();
      expect((await api.inbox()).filter((notified) => notified.body.includes(orderNo))).toHaveLength(1);
    },
  );
});

describe("damaged webhook bodies", () => {
  it.each([
    ["that of another merchant's config", null],
    ["cut off", (text: string) => text.slice(0, -5)],
    ["changed by a bit", (text: string) => flipped(text, 0.5)],
  ] as const)("a stored webhook whose body is %s is not replayed", async (_, damaged) => {
    const { order_no: orderNo } = (await api.create(anOrder({ provider: "stripe", config: "default" }))).data;
    const theirs = (await apiOf(world, other).create(anOrder({ provider: "stripe" }))).data.order_no;
    for (const [whose, order] of [
      [shop, orderNo],
      [other, theirs],
    ] as const) {
      const { body, headers } = stripeEvents(world, whose).event(order);
      await receiveWebhook(gateway, "stripe", whose.configs.stripe!, { body: Buffer.from(body), headers });
    }
    const bodyOf = async (order: unknown) =>
      (
        await rows.query<{ id: string; encrypted_body: string }>(
          "SELECT id, encrypted_body FROM webhook_events WHERE order_no = ?",
          [order],
        )
      )[0]!;
    const { id, encrypted_body } = await bodyOf(orderNo);
    const instead = damaged ? damaged(encrypted_body) : (await bodyOf(theirs)).encrypted_body;
    await rows.query("UPDATE webhook_events SET encrypted_body = ? WHERE id = ?", [instead, id]);
    const before = await rows.checksums();
    const log = await logOf(async () => {
      const answer = await runCommand(gateway, "webhook replay", { id });
      expect(answer).toMatchObject({
        ok: false,
        code: 1005,
        message: expect.stringContaining("cannot be read"),
      });
    });
    expect(log).toContainEqual(expect.objectContaining({ level: "error", kind: "webhook_body" }));
    expect(await rows.checksums()).toEqual(before);
  });
});

describe("encryption by the sweeper", () => {
  const byHand = (name: string, data: string, status = 1) =>
    rows.query(
      "INSERT INTO payment_configs (user_id, provider, config_name, config_data, status) VALUES (?, 'stripe', ?, ?, ?)",
      [shop.userId, name, data, status],
    );

  it.each([
    ["another key", '{"secret_key":"sk_test_other"}'],
    ["only a letter's case", '{"secret_key":"sk_test_ABC"}'],
  ])(
    "the sweeper does not overwrite a plain config in which %s is corrected at the same time",
    async (_, corrected) => {
      const name = `corrected ${corrected}`;
      await byHand(name, '{"secret_key":"sk_test_abc"}');
      const racing = {
        ...gateway,
        vault: {
          ...gateway.vault,
          async encrypt(text: string, context: Record<string, string>) {
            await rows.query("UPDATE payment_configs SET config_data = ? WHERE config_name = ?", [
              corrected,
              name,
            ]);
            return gateway.vault.encrypt(text, context);
          },
        },
      };
      await encryptConfigs(racing);
      expect(await stored(shop.userId, name)).toBe(corrected);
      await encryptConfigs(gateway);
      const id = (await listAllConfigs(gateway.db, shop.userId)).find((config) => config.name === name)!.id;
      expect(await stored(shop.userId, name)).toMatch(/^\{"encrypted":1,/);
      expect(await credentialsOf((await findConfig(gateway.db, id))!, gateway.vault)).toEqual(
        JSON.parse(corrected),
      );
    },
  );

  it("the sweeper encrypts plain configs, disabled ones too, but not invalid JSON or an empty object", async () => {
    await byHand("disabled", '{"secret_key":"sk_test_abc"}', 0);
    await byHand("broken", '{"secret_key":"sk_te');
    await byHand("being made", "{}", 0);
    await encryptConfigs(gateway);
    expect(await stored(shop.userId, "disabled")).toMatch(/^\{"encrypted":1,/);
    expect(await stored(shop.userId, "broken")).toBe('{"secret_key":"sk_te');
    expect(await stored(shop.userId, "being made")).toBe("{}");
  });
});
