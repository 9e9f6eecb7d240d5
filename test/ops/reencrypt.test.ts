import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../../lib/gateway.ts";
import { withInvocation } from "../../lib/invocation.ts";
import { openNotifySecrets } from "../../lib/merchants/notify-secrets.ts";
import { runCommand } from "../../lib/ops/run-command.ts";
import { createRefund } from "../../lib/payments/create-refund.ts";
import { queryPayment } from "../../lib/payments/query-payment.ts";
import { receiveWebhook } from "../../lib/payments/receive-webhook.ts";
import { credentialsOf } from "../../lib/providers/credentials.ts";
import { readNotifySecrets } from "../../lib/storage/merchants.ts";
import { findConfig } from "../../lib/storage/payment-configs.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { anOrder, type Data } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { aRefundNo } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
const opened: Gateway[] = [];

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop();
});
afterAll(async () => {
  for (const gateway of opened) await gateway.close();
  await rows.close();
  await world.stop();
});

/** A new execution environment with these KMS keys, the first of which encrypts. */
function gatewayWith(...keys: number[]): Gateway {
  const arns = keys.map((key) => world.kmsKeys[key]!.arn);
  const gateway = anotherGateway({ KMS_KEY_IDS: arns.join(",") });
  opened.push(gateway);
  return gateway;
}
const [old, fresh] = [0, 1];

/** Runs an operator command in that environment. */
async function operator(gateway: Gateway, command: string, args: Data = {}): Promise<Data> {
  const answer = await runCommand(gateway, command, args);
  if (!answer.ok) throw new Error(`${command}: ${answer.message}`);
  return answer.data as Data;
}

async function seenPaid(gateway: Gateway, orderNo: string): Promise<void> {
  const caller = await gateway.authenticate(shop.apiKey, "query");
  const { payment } = await queryPayment(gateway, caller, { orderNo });
  expect(payment.status).toBe("success");
}

/** Makes one payment that a query settles and refunds a part of it, and one that a webhook settles. */
async function pays(gateway: Gateway): Promise<void> {
  const { order_no: requested } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
  await simulatorOf(world, "stripe").payUnopened(requested);
  await seenPaid(gateway, requested);
  const caller = await gateway.authenticate(shop.apiKey, "refund");
  const input = { order: { orderNo: requested }, refundNo: aRefundNo(), amount: "1.00", reason: "" };
  expect((await createRefund(gateway, caller, input)).refund.status).toBe("success");

  const { order_no: notified } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
  const { body, headers } = stripeEvents(world, shop).event(notified);
  await receiveWebhook(gateway, "stripe", shop.configs.stripe!, { body: Buffer.from(body), headers });
  await seenPaid(gateway, notified);
}

const encryptedTexts = async () => {
  const found = await rows.query<{ what: string; text: string }>(
    `SELECT CONCAT('config ', id) AS what, config_data AS text FROM payment_configs
     UNION SELECT CONCAT('merchant ', id), notify_secrets FROM users
     UNION SELECT CONCAT('webhook ', id), encrypted_body FROM webhook_events WHERE encrypted_body IS NOT NULL`,
  );
  return new Map(found.map(({ what, text }) => [what, text]));
};

/** The ARN of the encrypting key, which the local KMS writes in front of each wrapped data key. */
function keyOf(text: string): string {
  const wrapped = Buffer.from((JSON.parse(text) as { key: string }).key, "base64");
  return wrapped.toString("utf8", 2, 2 + wrapped.readUInt16BE(0));
}

const keysInUse = async () => new Set([...(await encryptedTexts()).values()].map(keyOf));

describe("config rewrap", () => {
  it("config rewrap re-encrypts everything during traffic, after which the old key is not needed", async () => {
    await simulatorOf(world, "stripe").faults({ lose: true });
    // One environment from before the keys changed places and two from after; all have decrypted the config.
    const gateways = [gatewayWith(old, fresh), gatewayWith(fresh, old), gatewayWith(fresh, old)];
    for (const gateway of gateways) await pays(gateway);
    // This environment reads the row now and decrypts it later.
    const late = gatewayWith(fresh, old);
    const caller = await late.authenticate(shop.apiKey, "create");
    await expect(late.configs.choose(caller.userId, "stripe", "none")).rejects.toThrow(/none/);

    let over = false;
    let rounds = 0;
    const failures: unknown[] = [];
    const traffic = gateways.map(async (gateway) => {
      while (!over) {
        await pays(gateway).then(
          () => (rounds += 1),
          (error) => failures.push(error),
        );
      }
    });
    const passes: Data[] = [];
    const log = await logOf(async () => {
      while (passes.length < 3 || rounds < 12) passes.push(await operator(gateways[1]!, "config rewrap"));
      over = true;
      await Promise.all(traffic);
    });
    expect(failures).toEqual([]);
    expect(log.filter(({ level }) => level !== "info")).toEqual([]);
    expect(passes[0]).toMatchObject({ configs: 4, merchants: 1, unreadable: [], next: null });
    expect(Number(passes[0]!.webhooks)).toBeGreaterThan(0);

    // Re-encrypts what the first environment has encrypted under the old key in the meantime.
    await operator(gateways[2]!, "config rewrap");
    expect(await keysInUse()).toEqual(new Set([world.kmsKeys[fresh]!.arn]));
    world.kmsKeys[old]!.disabled = true;
    for (const gateway of [...gateways, late, gatewayWith(fresh)]) await pays(gateway);
    const [{ id }] = (await rows.query<{ id: string }>(
      "SELECT id FROM webhook_events WHERE encrypted_body IS NOT NULL ORDER BY id LIMIT 1",
    )) as [{ id: string }];
    const cold = gatewayWith(fresh);
    expect(await operator(cold, "webhook replay", { id })).toMatchObject({ status: "success" });
    const secrets = await readNotifySecrets(cold.db, shop.userId);
    expect(await openNotifySecrets(cold.vault, shop.userId, secrets)).toEqual([shop.webhookSecret]);
    for (const config_id of Object.values(shop.configs)) {
      expect(await operator(cold, "config check", { merchant: shop.username, config_id })).toMatchObject({
        verdict: "works",
      });
    }
    world.kmsKeys[old]!.disabled = false;
  });

  it("config rewrap resumes where it was cut off, or starts again, and leaves no row half done", async () => {
    const gateway = gatewayWith(fresh, old);
    await operator(gatewayWith(old, fresh), "config rewrap");
    const all = (await encryptedTexts()).size;
    let left = 7;
    const failing = {
      ...gateway,
      vault: {
        ...gateway.vault,
        encrypt: (text: string, context: Record<string, string>) => {
          if (left-- === 0) throw new Error("the process is killed");
          return gateway.vault.encrypt(text, context);
        },
      },
    };
    await expect(operator(failing, "config rewrap")).rejects.toThrow(/internal error/);
    expect(
      [...(await encryptedTexts()).values()].filter((text) => keyOf(text) === world.kmsKeys[fresh]!.arn),
    ).toHaveLength(7);

    // An invocation with time left for two rows.
    let rest = 2;
    const short = { requestId: "short", remainingMs: () => (rest-- > 0 ? 60_000 : 14_000) };
    const first = await withInvocation(short, () => operator(gateway, "config rewrap"));
    const [, second] = Object.values(shop.configs).sort((a, b) => Number(a) - Number(b));
    expect(first).toMatchObject({ configs: 2, merchants: 0, next: `configs:${second}` });
    const more = await operator(gateway, "config rewrap", { from: first.next });
    expect(more).toMatchObject({ configs: 2, merchants: 1, webhooks: all - 5, next: null });
    expect(await keysInUse()).toEqual(new Set([world.kmsKeys[fresh]!.arn]));
  });

  it("config rewrap never overwrites a concurrent change", async () => {
    const gateway = gatewayWith(fresh, old);
    const { username: merchant, userId, configs } = shop;
    const before = shop.accounts.stripe!;
    const byHand = JSON.stringify({ ...shop.accounts.alipay, seller_id: "by hand" });
    const changes: Record<string, () => Promise<unknown>> = {
      [configs.stripe!]: () => {
        const { account: _, ...credentials } = before;
        const data = JSON.stringify({
          ...credentials,
          webhook_secret: ["whsec_newer", before.webhook_secret],
        });
        return operator(gateway, "config set", { merchant, provider: "stripe", data });
      },
      [configs.alipay!]: () =>
        rows.query("UPDATE payment_configs SET config_data = ? WHERE id = ?", [byHand, configs.alipay]),
      notify_secrets: () => operator(gateway, "merchant roll-secret", { merchant }),
    };
    const secretsBefore = await readNotifySecrets(gateway.db, userId);
    const racing = {
      ...gateway,
      vault: {
        ...gateway.vault,
        // At this point the command has read the row and is about to store it.
        async encrypt(text: string, context: Record<string, string>) {
          const name = context.config ?? context.field!;
          const change = context.field === "webhook_body" ? undefined : changes[name];
          delete changes[name];
          await change?.();
          return gateway.vault.encrypt(text, context);
        },
      },
    };
    expect(await operator(racing, "config rewrap")).toMatchObject({ configs: 2, merchants: 0, skipped: 3 });
    const now = await credentialsOf((await findConfig(gateway.db, configs.stripe!))!, gateway.vault);
    expect(now).toMatchObject({ webhook_secret: ["whsec_newer", before.webhook_secret] });
    expect(await findConfig(gateway.db, configs.alipay!)).toMatchObject({ data: byHand });
    const secrets = await readNotifySecrets(gateway.db, userId);
    expect(secrets).not.toBe(secretsBefore);
    expect(await openNotifySecrets(gateway.vault, userId, secrets)).toHaveLength(2);
  });

  it("config rewrap decrypts nothing under a key that the deployment does not list", async () => {
    const answer = await operator(gatewayWith(old), "config rewrap");
    expect(answer).toMatchObject({ merchants: 0, webhooks: 0, skipped: 0 });
    expect((answer.unreadable as unknown[]).length).toBeGreaterThan(5);
  });

  it("config rewrap reports what it cannot decrypt and leaves it unchanged", async () => {
    const gateway = gatewayWith(fresh, old);
    const id = shop.configs.paypal!;
    const { data } = (await findConfig(gateway.db, id))!;
    const damaged = data.replace('"tag":"', '"tag":"AAAA');
    await rows.query("UPDATE payment_configs SET config_data = ? WHERE id = ?", [damaged, id]);
    expect(await operator(gateway, "config rewrap")).toMatchObject({
      unreadable: [{ column: "configs", id }],
      merchants: 1,
      next: null,
    });
    expect(await findConfig(gateway.db, id)).toMatchObject({ data: damaged });
  });

  it.each(["configs", "rows:1", "configs:-1", "configs:1; drop"])(
    "config rewrap refuses to resume from %j",
    async (from) => {
      await expect(operator(gatewayWith(fresh), "config rewrap", { from })).rejects.toThrow(/next/);
    },
  );
});
