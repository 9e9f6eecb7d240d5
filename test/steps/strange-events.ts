import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Api, anOrder, apiOf } from "./api.ts";
import { startPaypalProxy } from "./paypal-proxy.ts";
import { type Hand, type Hands, openHands } from "./provider-hands.ts";
import { openRows, type Rows } from "./rows.ts";
import { type Bytes, postWebhook, type SignedCall } from "./signed-webhooks.ts";
import { simulatorOf } from "./simulator.ts";
import { openWorld, type Shop, type World } from "./world.ts";

/** An open order of one provider whose webhooks the test signs, and what may not become of it. */
export type Scene = {
  world: World;
  shop: Shop;
  api: Api;
  rows: Rows;
  hand: Hand;
  orderNo: string;
  /** Where a certificate of PayPal's is that the test's key fits. */
  certUrl: string;
  newOrder(): Promise<string>;
  post(call: SignedCall<Bytes>): Promise<{ status: number; body: string }>;
  /** Answered so, without a secret; the order and all that is told of it stay as they are. A refusal writes nothing. */
  harmless(call: SignedCall<Bytes>, status: number): Promise<void>;
};

/** Opens the scene before a file's tests and closes it after them; at the end a true event must still settle the order. */
export function strangeEvents(provider: keyof Hands): () => Scene {
  let scene: Scene;
  let stop = async () => {};
  beforeAll(async () => {
    const opened = await openScene(provider);
    scene = opened.scene;
    stop = opened.stop;
  });
  afterEach(async () => {
    const { status, refunded_minor } = await scene.rows.order(scene.orderNo);
    expect({ status, refunded_minor }).toEqual({ status: "pending", refunded_minor: "0" });
  });
  afterAll(() => stop());
  return () => scene;
}

async function openScene(provider: keyof Hands) {
  const world = await openWorld();
  const proxy = await startPaypalProxy(world.sandbox.simulators.paypal);
  process.env.PROVIDER_BASE_URLS = JSON.stringify({ ...world.sandbox.simulators, paypal: proxy.url });
  const rows = await openRows();
  const shop = await world.openShop();
  const api = apiOf(world, shop);
  const { hands, swapKeys } = await openHands(world, shop, proxy.certUrl);
  const hand = hands[provider];
  await simulatorOf(world, provider).faults({ lose: true });
  const newOrder = async () => {
    const { status, data } = await api.create(anOrder({ provider, ...hand.wanted }));
    expect(status).toBe(200);
    return String(data.order_no);
  };
  const orderNo = await newOrder();
  const spare = provider === "wechat" ? [await newOrder(), await newOrder(), await newOrder()] : [];
  await swapKeys();
  const post = (call: SignedCall<Bytes>) => postWebhook(world, hand.path, call);
  const secrets = Object.values(shop.accounts[provider]!).filter(({ length }) => length > 20);
  /** Everything but when the provider is asked next: a hint may cause that. */
  async function books() {
    const orders = await rows.query("SELECT * FROM payment_orders ORDER BY id");
    const others = await rows.query("CHECKSUM TABLE refunds, notify_queue, payment_logs");
    return [...orders.map(({ next_query_at: _, ...order }) => order), ...others];
  }

  async function harmless(call: SignedCall<Bytes>, status: number) {
    const [all, kept] = [await rows.checksums(), await books()];
    const answer = await post(call);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
    for (const secret of secrets) expect(answer.body).not.toContain(secret);
    expect(await books()).toEqual(kept);
    if (status === 400 || status === 401) expect(await rows.checksums()).toEqual(all);
  }

  const scene: Scene = {
    ...{ world, shop, api, rows, hand, orderNo, certUrl: proxy.certUrl, post, harmless },
    // WeChat Pay's simulator is not believed any more once the keys are exchanged.
    newOrder: async () => spare.pop() ?? newOrder(),
  };
  return {
    scene,
    async stop() {
      await rows.close();
      proxy.stop();
      await world.stop();
    },
  };
}

/** Some JSON in which a member at this path is another value; `undefined` takes it out. */
export function withMember<T>(value: T, path: string, member: unknown): T {
  const copy = structuredClone(value);
  const names = path.split(".");
  const last = names.pop()!;
  const parent = names.reduce(
    (at, name) => at[name] as Record<string, unknown>,
    copy as Record<string, unknown>,
  );
  parent[last] = member;
  return copy;
}
