import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits } from "../kits/kits.ts";
import type { Signer } from "../kits/signer.ts";
import { type Api, anOrder, apiOf } from "./api.ts";
import { startSigningProxies } from "./provider-signers.ts";
import { openRows, type Rows } from "./rows.ts";
import { type Bytes, postWebhook, type SignedCall } from "./signed-webhooks.ts";
import { simulatorOf } from "./simulator.ts";
import { openWorld, type Shop, type World } from "./world.ts";

/** An open order at one provider whose webhooks the test signs, and the assertion that a webhook has no effect. */
export type Scene = {
  world: World;
  shop: Shop;
  api: Api;
  rows: Rows;
  signer: Signer;
  orderNo: string;
  /** The URL that the gateway uses for the provider. */
  baseUrl: string;
  newOrder(): Promise<string>;
  post(call: SignedCall<Bytes>): Promise<{ status: number; body: string }>;
  /**
   * Expects this status, no secret in the response, and unchanged orders, refunds, deliveries and timeline. A 400 or
   * 401 must leave every table unchanged.
   */
  harmless(call: SignedCall<Bytes>, status: number): Promise<void>;
};

/** Opens a scene for all tests of a file. After each test its order must still be pending, with nothing refunded. */
export function malformedEvents(provider: ProviderName): () => Scene {
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

async function openScene(provider: ProviderName) {
  const world = await openWorld();
  const proxies = await startSigningProxies(world);
  const baseUrl = proxies.baseUrls[provider];
  const rows = await openRows();
  const shop = await world.openShop();
  const api = apiOf(world, shop);
  const signer = await kits[provider].openSigner(world, shop, baseUrl);
  await simulatorOf(world, provider).faults({ lose: true });
  const newOrder = async () => {
    const { status, data } = await api.create(anOrder({ provider, ...signer.input }));
    expect(status).toBe(200);
    return String(data.order_no);
  };
  const orderNo = await newOrder();
  const spare = signer.swapKeys ? [await newOrder(), await newOrder(), await newOrder()] : [];
  await signer.swapKeys?.();
  const post = (call: SignedCall<Bytes>) => postWebhook(world, signer.path, call);
  const secrets = Object.values(shop.accounts[provider]!).filter(({ length }) => length > 20);
  /** Rows that the event must not change; `next_poll_at` may change, because an event may wake up a poll. */
  async function ledger() {
    const orders = await rows.query("SELECT * FROM payment_orders ORDER BY id");
    const others = await rows.query("CHECKSUM TABLE refunds, deliveries, payment_logs");
    return [...orders.map(({ next_poll_at: _, ...order }) => order), ...others];
  }

  async function harmless(call: SignedCall<Bytes>, status: number) {
    const [all, stored] = [await rows.checksums(), await ledger()];
    const answer = await post(call);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
    for (const secret of secrets) expect(answer.body).not.toContain(secret);
    expect(await ledger()).toEqual(stored);
    if (status === 400 || status === 401) expect(await rows.checksums()).toEqual(all);
  }

  const scene: Scene = {
    ...{ world, shop, api, rows, signer, orderNo, baseUrl, post, harmless },
    // After the keys are swapped the gateway no longer trusts the simulator, so the orders are made before.
    newOrder: async () => spare.pop() ?? newOrder(),
  };
  return {
    scene,
    async stop() {
      await rows.close();
      proxies.stop();
      await world.stop();
    },
  };
}

/** A copy of a JSON value with the member at `path` replaced; `undefined` removes it. */
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
