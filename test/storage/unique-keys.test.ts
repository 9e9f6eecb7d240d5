import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { newOrderNo } from "../../lib/domain/order-no.ts";
import type { NewOrder } from "../../lib/domain/provider-request.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { addApiKey } from "../../lib/storage/api-keys.ts";
import { claimDelivery } from "../../lib/storage/deliveries/claim-delivery.ts";
import { createMerchant } from "../../lib/storage/merchants.ts";
import { createOrder } from "../../lib/storage/payments/create-order.ts";
import { findStoredOrder } from "../../lib/storage/payments/find-order.ts";
import { recordEvent } from "../../lib/storage/webhook-events.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder } from "../steps/leased-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";
import { seedNotifications } from "./notification-rows.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const duplicate = { code: "ER_DUP_ENTRY" };

/** An order as it is about to be stored. */
async function newOrder(): Promise<NewOrder> {
  const { payment, providerRequest } = await leasedOrder(gateway, shop, "processing");
  const stored = (await findStoredOrder(gateway.db, shop.userId, payment.outTradeNo))!;
  const now = world.clock.now();
  return {
    ...payment,
    ...{ orderNo: newOrderNo(now), outTradeNo: randomUUID() },
    ...{ request: stored.request, fingerprint: stored.fingerprint },
    ...{ prepared: providerRequest.prepared, idempotencyKey: randomUUID() },
    ...{ leaseToken: randomUUID(), leaseUntil: now },
  };
}

describe("unique keys", () => {
  it("two merchants cannot have the same name", async () => {
    const create = () => createMerchant(gateway.db, "twice", {}, world.clock.now());
    await create();
    await expect(create()).rejects.toMatchObject(duplicate);
  });

  it("two API keys cannot have the same id", async () => {
    const add = (secret: number) => {
      const key = { keyId: `m${shop.userId}ktwice`, hash: Buffer.alloc(32, secret) };
      return addApiKey(gateway.db, shop.userId, key, {
        scopes: ["query"],
        now: world.clock.now(),
        mostLive: 9,
      });
    };
    await add(1);
    await expect(add(2)).rejects.toMatchObject(duplicate);
  });

  it("a merchant cannot have two live configs with the same provider and name", async () => {
    const insert = (userId: string, provider: string, status: number) =>
      rows.query(
        `INSERT INTO payment_configs (user_id, provider, config_name, config_data, status)
         VALUES (?, ?, 'twice', '{}', ?)`,
        [userId, provider, status],
      );
    await insert(shop.userId, "stripe", 1);
    await insert(shop.userId, "alipay", 1);
    await insert("1", "stripe", 1);
    for (const replacedOrRetired of [2, 2, 3]) await insert(shop.userId, "stripe", replacedOrRetired);
    for (const live of [0, 1]) {
      await expect(insert(shop.userId, "stripe", live)).rejects.toMatchObject(duplicate);
    }
  });

  it("two orders cannot have the same order_no", async () => {
    const first = await newOrder();
    expect(await createOrder(gateway.db, first)).toMatchObject({ payment: { orderNo: first.orderNo } });
    const second = { ...(await newOrder()), orderNo: first.orderNo };
    expect(await createOrder(gateway.db, second)).toBeNull();
  });

  it("an event of a provider has one record, however often it arrives", async () => {
    const event = {
      configId: shop.configs.stripe!,
      userId: shop.userId,
      provider: "stripe",
      eventId: randomUUID(),
      eventType: "test",
      encryptedBody: null,
      at: world.clock.now(),
    };
    for (let times = 0; times < 3; times++) await recordEvent(gateway.db, event, null);
    const stored = await rows.query("SELECT times FROM webhook_events WHERE event_id = ?", [event.eventId]);
    expect(stored).toEqual([{ times: 3 }]);
  });

  it("a send has one record, even if its claim is repeated after a COMMIT whose response was lost", async () => {
    const now = world.clock.now();
    const { wakeUps } = await seedNotifications(rows, { dueAt: now });
    for (let times = 0; times < 2; times++) {
      const claim = await claimDelivery(gateway.db, wakeUps[0]!, {
        leaseToken: "token",
        leaseUntil: secondsAfter(now, 45),
        now,
      });
      expect(claim).toMatchObject({ kind: "claimed", task: { tryNo: 1 } });
    }
    const sends = await rows.query("SELECT try_no FROM delivery_attempts WHERE task_id = ?", [
      wakeUps[0]!.taskId,
    ]);
    expect(sends).toEqual([{ try_no: 1 }]);
  });
});
