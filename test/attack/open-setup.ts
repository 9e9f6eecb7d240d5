import { generateKeyPairSync } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { rawBody } from "../../lib/http/json-body.ts";
import { kits, providerNames } from "../kits/kits.ts";
import { anOrder, apiOf, type Data } from "../steps/api.ts";
import { type Invoke, invoke } from "../steps/front.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";
import {
  canaries,
  type Delivery,
  type Name,
  type TargetOrder,
  type TargetShop,
  type Targets,
} from "./targets.ts";

/** The attacked gateway, and what the attacker knows. */
export type Setup = { world: World; rows: Rows; targets: Targets; stop(): Promise<void> };

/** Opens a victim with orders in every state at every provider, and a rival. No work is under way afterwards. */
export async function openSetup(): Promise<Setup> {
  const received: Delivery[] = [];
  const tapped: Invoke = (entry, event) => {
    if (entry.startsWith("webhooks/")) received.push(deliveryOf(entry, event as APIGatewayProxyEventV2));
    return invoke(entry, event);
  };
  const world = await openWorld(tapped);
  const rows = await openRows();
  const [shop, rival] = [await world.openShop(), await world.openShop()];
  const signedForBuyers: Targets["signedForBuyers"] = {};
  for (const provider of providerNames) {
    await tradeInAllStates(world, shop, provider);
    await paidOrder(world, apiOf(world, rival), provider);
    const signed = await kits[provider].forger.signedForBuyer?.(world, shop);
    if (signed !== undefined) signedForBuyers[provider] = signed;
  }
  await world.queues.drain();
  const deadKeys = [await revokedKey(world, shop.username), await revokedKey(world, rival.username)];
  return {
    world,
    rows,
    targets: {
      victim: await targetShop(rows, shop, received),
      signedForBuyers,
      rival: {
        ...(await targetShop(rows, rival, received)),
        apiKey: rival.apiKey,
        queryKey: (await newKey(world, rival.username, "query")).api_key,
        credentials: rival.accounts as Record<Name, Record<string, string>>,
      },
      deadKeys,
      own: generateKeyPairSync("rsa", { modulusLength: 2048 }),
      now: () => world.clock.now(),
    },
    async stop() {
      await rows.close();
      await world.stop();
    },
  };
}

/** Headers that the transport adds; the attack sends its own. */
const ofTheWay = /^(host|content-length|x-forwarded-.*)$/;

function deliveryOf(entry: string, event: APIGatewayProxyEventV2): Delivery {
  const sent = Object.entries(event.headers).filter(([name]) => !ofTheWay.test(name));
  return {
    provider: entry.split("/")[1] as Name,
    configId: event.pathParameters!.config_id!,
    headers: Object.fromEntries(sent) as Record<string, string>,
    body: Buffer.from(rawBody(event)),
  };
}

const newKey = (world: World, merchant: string, scopes?: string) =>
  world.ops<{ api_key: string; key_id: string }>("key create", { merchant, ...(scopes && { scopes }) });

async function revokedKey(world: World, merchant: string): Promise<string> {
  const key = await newKey(world, merchant);
  await world.ops("key revoke", { merchant, key_id: key.key_id });
  return key.api_key;
}

/** Creates one order in each state, and one that is partly refunded. */
async function tradeInAllStates(world: World, shop: Shop, provider: Name): Promise<void> {
  const api = apiOf(world, shop);
  const simulator = simulatorOf(world, provider);
  const input: Data = {
    provider,
    subject: canaries.subject,
    body: canaries.body,
    metadata: { note: canaries.metadata },
    notify_url: `${shop.inboxUrl}?${canaries.notifyUrl}`,
  };
  const create = () => api.create(anOrder(input));
  await paidOrder(world, api, provider, input);
  const refunded = await paidOrder(world, api, provider, {
    ...input,
    return_url: "https://shop.example/back",
  });
  const refundNo = aRefundNo();
  const refunds = refundsOf(api);
  await refunds.ask({ order_no: refunded, refund_no: refundNo, amount: "10.00" });
  // A refund may be asynchronous, and is then reported later.
  await world.passes(16);
  await until(async () => {
    await world.queues.drain();
    return (await refunds.now(refundNo)).status === "success";
  });
  await api.close(String((await create()).data.order_no));
  await simulator.faults({ status: 400 });
  await create();
  await simulator.faults({ status: 500 });
  await create();
  await simulator.faults({});
  await create();
}

async function targetShop(rows: Rows, shop: Shop, received: readonly Delivery[]): Promise<TargetShop> {
  const stored = await rows.query<TargetOrder & { minor: string }>(
    `SELECT o.provider, o.status, o.order_no AS orderNo, o.out_trade_no AS outTradeNo,
       COALESCE(o.trade_no, '') AS tradeNo, o.amount_minor AS minor, COALESCE(r.refund_no, '') AS refundNo
     FROM payment_orders o LEFT JOIN refunds r ON r.order_id = o.id WHERE o.user_id = ?`,
    [shop.userId],
  );
  const accounts = Object.entries(shop.accounts).map(([provider, account]) => [
    provider,
    Object.fromEntries(
      Object.entries(account).filter(([field]) => kits[provider as Name].publicFields.includes(field)),
    ),
  ]);
  const configs = shop.configs as TargetShop["configs"];
  return {
    userId: shop.userId,
    username: shop.username,
    apiKeyId: shop.apiKey.split("_")[1]!,
    configs,
    accounts: Object.fromEntries(accounts),
    orders: stored.map((order) => ({ ...order, minor: Number(order.minor) })),
    deliveries: received.filter(({ provider, configId }) => configs[provider] === configId),
  };
}
