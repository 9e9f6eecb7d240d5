import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { deliver } from "../../lib/deliveries/deliver.ts";
import { notificationSender } from "../../lib/deliveries/send-notification.ts";
import { newSecret } from "../../lib/deliveries/signature.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { notifySecretContext } from "../../lib/merchants/notify-secrets.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { claimDelivery } from "../../lib/storage/deliveries/claim-delivery.ts";
import { readNotifySecrets, saveNotifySecrets } from "../../lib/storage/merchants.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let gateway: Gateway;
let rows: Rows;

beforeAll(async () => {
  world = await openWorld();
  gateway = openGateway();
  rows = await openRows();
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

type Merchant = { shop: Shop; api: Api };

async function aMerchant(): Promise<Merchant> {
  const shop = await world.openShop("stripe");
  return { shop, api: apiOf(world, shop) };
}

/** An order whose payment is committed and whose first wake-up is in the queue. */
async function paidOrder({ shop, api }: Merchant, input = {}): Promise<string> {
  const { data } = await api.create(anOrder({ provider: "stripe", ...input }));
  const stripe = stripeEvents(world, shop);
  expect((await postWebhook(world, stripe.path, stripe.event(data.order_no))).status).toBe(200);
  return String(data.order_no);
}

const notified = async ({ api }: Merchant, orderNo: string) =>
  (await api.inbox()).filter(({ body }) => body.includes(orderNo));
const task = async (orderNo: string) => (await rows.notifications(orderNo))[0]!;
const wakeUpOf = async (orderNo: string) => {
  const { id, user_id, attempt } = await task(orderNo);
  return { taskId: String(id), userId: String(user_id), generation: 1, attempt: Number(attempt) };
};

/** The remaining delay of each delayed message in the notify queue, in seconds. */
async function delays(): Promise<number[]> {
  const name = new URL(world.queues.notifyUrl).pathname.split("/").at(-1);
  const queue = (await (await fetch(`${process.env.SQS_ADMIN}/queue/${name}`)).json()) as {
    messages: { delayed: { delayUntil: number }[] };
  };
  return queue.messages.delayed.map(({ delayUntil }) => Math.ceil((delayUntil - Date.now()) / 1000));
}

describe("notifications answered with HTTP 500", () => {
  it("a merchant that answers 500 gets six attempts with the same body, on schedule, and then no more", async () => {
    const merchant = await aMerchant();
    await merchant.api.inboxAnswers({ status: 500 });
    const orderNo = await paidOrder(merchant);
    await world.queues.drain();
    expect(await notified(merchant, orderNo)).toHaveLength(1);

    const seen: number[] = [];
    for (const wait of [60, 120, 300, 600, 1800]) {
      const attempts = (await notified(merchant, orderNo)).length;
      for (let left = wait; left > 0; left -= 900) {
        const hop = Math.min(left, 900);
        const [delay, ...others] = await delays();
        expect(others).toEqual([]);
        // The queue measures real time, of which the functions have used a little.
        expect(delay).toBeLessThanOrEqual(hop);
        expect(delay).toBeGreaterThan(hop - 3);
        seen.push(delay!);
        await world.passes(hop - 3);
        await world.queues.drain();
        expect(await notified(merchant, orderNo)).toHaveLength(attempts);
        await world.passes(3);
        await world.queues.drain();
      }
      expect(await notified(merchant, orderNo)).toHaveLength(attempts + 1);
    }
    expect(Math.max(...seen)).toBeLessThanOrEqual(900);

    expect(await delays()).toEqual([]);
    expect((await merchant.api.query(orderNo)).data).toMatchObject({ notify_status: "exhausted" });
    await world.passes(86_400);
    await invoke("sweep", {});
    await world.queues.drain();
    const all = await notified(merchant, orderNo);
    expect(all).toHaveLength(6);
    expect(new Set(all.map(({ body }) => body)).size).toBe(1);
    expect(new Set(all.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(await rows.sends(orderNo)).toMatchObject(
      [1, 2, 3, 4, 5, 6].map((attempt) => ({ attempt, try_no: 1, outcome: "failed", http_status: 500 })),
    );
  });

  it("a merchant that answers 2xx at the third attempt gets no more attempts", async () => {
    const merchant = await aMerchant();
    await merchant.api.inboxAnswers({ status: 500, times: 2 });
    const orderNo = await paidOrder(merchant);
    await world.queues.drain();
    for (const wait of [61, 121, 301, 601, 1801]) {
      await world.passes(wait);
      await world.queues.drain();
    }
    expect(await notified(merchant, orderNo)).toHaveLength(3);
    expect((await merchant.api.query(orderNo)).data).toMatchObject({ notify_status: "success" });
    expect(await delays()).toEqual([]);
  });
});

describe("delivery attempts", () => {
  it("a delivery attempt answered with a redirect fails, and the redirect is not followed", async () => {
    const [merchant, victim] = [await aMerchant(), await aMerchant()];
    await merchant.api.inboxAnswers({ redirect_to: victim.shop.inboxUrl, times: 1 });
    const orderNo = await paidOrder(merchant);
    await world.queues.drain();
    expect(await notified(victim, orderNo)).toEqual([]);
    expect(await task(orderNo)).toMatchObject({ status: "pending", attempt: 2 });
    expect(await rows.sends(orderNo)).toMatchObject([{ outcome: "failed", http_status: 302 }]);
  });

  it("a delivery attempt that is not answered in time fails", async () => {
    const merchant = await aMerchant();
    await merchant.api.inboxAnswers({ delay_ms: 400, times: 1 });
    const orderNo = await paidOrder(merchant);
    const { loopbackEndpoints } = gateway;
    const impatient = notificationSender({ loopbackEndpoints, limits: { connectMs: 100, totalMs: 100 } });
    await deliver({ ...gateway, send: impatient }, await wakeUpOf(orderNo));
    expect(await task(orderNo)).toMatchObject({ status: "pending", attempt: 2 });
    const [send] = await rows.sends(orderNo);
    expect(send).toMatchObject({ outcome: "failed", http_status: null });
    expect(send?.answer).toMatch(/no complete answer within 0.1 s/);
    await world.queues.drain();
  });

  it("a delivery attempt answered with 410 puts the endpoint on hold: nothing more is sent to it", async () => {
    const merchant = await aMerchant();
    await merchant.api.inboxAnswers({ status: 410, times: 1 });
    const first = await paidOrder(merchant);
    await world.queues.drain();
    expect((await merchant.api.query(first)).data).toMatchObject({ notify_status: "held" });

    const second = await paidOrder(merchant);
    await world.queues.drain();
    await world.passes(3600);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await notified(merchant, first)).toHaveLength(1);
    expect(await notified(merchant, second)).toEqual([]);
    expect((await merchant.api.query(second)).data).toMatchObject({ notify_status: "held" });
  });

  it("a delivery attempt is signed with every valid secret of the merchant", async () => {
    const merchant = await aMerchant();
    const { userId, webhookSecret } = merchant.shop;
    const secrets = [webhookSecret, newSecret()];
    const encrypted = await gateway.vault.encrypt(JSON.stringify(secrets), notifySecretContext(userId));
    const before = await readNotifySecrets(gateway.db, userId);
    await saveNotifySecrets(gateway.db, { userId, before }, encrypted, world.clock.now());
    const orderNo = await paidOrder(merchant);
    await world.queues.drain();
    const { body, headers } = (await notified(merchant, orderNo))[0]!;
    const sentAt = new Date(Number(headers["webhook-timestamp"]) * 1000);
    const expected = secrets.map((secret) => new Webhook(secret).sign(headers["webhook-id"]!, sentAt, body));
    expect(headers["webhook-signature"]).toBe(expected.join(" "));
  });

  it.each([
    ["no stored secrets", () => null],
    [
      "an empty list of secrets",
      (userId: string) => gateway.vault.encrypt("[]", notifySecretContext(userId)),
    ],
  ])(
    "a delivery to a merchant with %s is not sent unsigned: the attempt fails and says why",
    async (_name, secretsOf) => {
      const merchant = await aMerchant();
      const { userId } = merchant.shop;
      await rows.query("UPDATE users SET notify_secrets = ? WHERE id = ?", [await secretsOf(userId), userId]);
      const orderNo = await paidOrder(merchant);
      await world.queues.drain();
      expect(await notified(merchant, orderNo)).toEqual([]);
      expect(await rows.sends(orderNo)).toMatchObject([
        {
          outcome: "failed",
          http_status: null,
          answer: "not sent: the merchant has no signing secret that can be read",
        },
      ]);
      expect(await task(orderNo)).toMatchObject({ status: "pending", attempt: 2 });
    },
  );
});

describe("wake-ups of deliveries", () => {
  it("a delivery wake-up that comes early sends nothing and is queued again until the delivery is due", async () => {
    const merchant = await aMerchant();
    const orderNo = await paidOrder(merchant);
    await world.queues.lose();
    await rows.query("UPDATE deliveries SET due_at = ? WHERE id = ?", [
      secondsAfter(world.clock.now(), 30),
      (await task(orderNo)).id,
    ]);
    await gateway.wakeUps.notify(await wakeUpOf(orderNo), world.clock.now());
    expect(await world.queues.drain()).toBe(1);
    expect(await notified(merchant, orderNo)).toEqual([]);
    await world.passes(31);
    await world.queues.drain();
    expect(await notified(merchant, orderNo)).toHaveLength(1);
    expect(await rows.sends(orderNo)).toHaveLength(1);
  });

  it("a delivery wake-up that comes twenty times at once, and again later, sends once", async () => {
    const merchant = await aMerchant();
    const orderNo = await paidOrder(merchant);
    await world.queues.lose();
    const wakeUp = { ...(await wakeUpOf(orderNo)), insist: true };
    await Promise.all(Array.from({ length: 20 }, () => deliver(gateway, wakeUp)));
    await deliver(gateway, wakeUp);
    expect(await notified(merchant, orderNo)).toHaveLength(1);
    expect(await rows.sends(orderNo)).toHaveLength(1);
  });

  it("a lost delivery wake-up costs at most 120 seconds, because the sweeper sends another", async () => {
    const merchant = await aMerchant();
    const orderNo = await paidOrder(merchant);
    expect(await world.queues.lose()).toBeGreaterThan(0);
    for (let minute = 0; minute < 2; minute++) {
      await world.passes(60);
      await invoke("sweep", {});
      // The wake-up of the first sweep is lost, too.
      if (minute === 0) await world.queues.lose();
    }
    await world.queues.drain();
    expect(await notified(merchant, orderNo)).toHaveLength(1);
  });
});

describe("interrupted deliveries", () => {
  it("a delivery whose sender dies after the claim is tried again under the next try number", async () => {
    const merchant = await aMerchant();
    const orderNo = await paidOrder(merchant);
    await world.queues.lose();
    const now = world.clock.now();
    const wakeUp = await wakeUpOf(orderNo);
    expect(
      await claimDelivery(gateway.db, wakeUp, { leaseToken: "dead", leaseUntil: secondsAfter(now, 45), now }),
    ).toMatchObject({
      kind: "claimed",
    });
    await world.passes(30);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await notified(merchant, orderNo)).toEqual([]);
    await world.passes(60);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await notified(merchant, orderNo)).toHaveLength(1);
    expect(await rows.sends(orderNo)).toMatchObject([
      { attempt: 1, try_no: 1, outcome: null },
      { attempt: 1, try_no: 2, outcome: "received" },
    ]);
  });

  it("a function with too little time left does not claim the delivery and returns the message", async () => {
    const merchant = await aMerchant();
    const orderNo = await paidOrder(merchant);
    await world.queues.lose();
    const { taskId, userId } = await wakeUpOf(orderNo);
    const body = JSON.stringify({ task: taskId, merchant: userId, generation: 1, attempt: 1 });
    const answer = await invoke("deliver-notifications", { Records: [{ messageId: "late", body }] }, 10);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "late" }] });
    expect(await task(orderNo)).toMatchObject({ status: "pending", try_no: 0 });
  });
});

describe("slow merchants", () => {
  it("a slow merchant has at most ten deliveries in progress, and other merchants do not wait", async () => {
    const [slow, quick] = [await aMerchant(), await aMerchant()];
    await slow.api.inboxAnswers({ delay_ms: 1_500 });
    const slowOrders: string[] = [];
    for (let index = 0; index < 14; index++) slowOrders.push(await paidOrder(slow));
    const quickOrder = await paidOrder(quick);
    await world.queues.lose();

    const wakeUps = await Promise.all(slowOrders.map(wakeUpOf));
    const sending = wakeUps.map((wakeUp) => deliver(gateway, wakeUp));
    await until(async () => (await slow.api.inbox()).length === 10);
    const quickDone = deliver(gateway, await wakeUpOf(quickOrder)).then(() => notified(quick, quickOrder));
    expect(await quickDone).toHaveLength(1);
    // None of the ten has been answered yet, and no eleventh was started.
    const underWay = "SELECT COUNT(*) AS count FROM deliveries WHERE user_id = ? AND status = ?";
    expect(await rows.query(underWay, [slow.shop.userId, "sending"])).toEqual([{ count: "10" }]);
    expect(await slow.api.inbox()).toHaveLength(10);

    await Promise.all(sending);
    await slow.api.inboxAnswers({});
    // Each slot that became free was used for a delivery that had found none.
    await world.queues.drain();
    expect(await rows.query(underWay, [slow.shop.userId, "success"])).toEqual([{ count: "14" }]);
    expect(await slow.api.inbox()).toHaveLength(14);
  });
});
