import { randomUUID } from "node:crypto";
import { anOrder, type Data } from "./api.ts";
import { invoke } from "./front.ts";
import { anotherGateway, createThrough } from "./gateways.ts";
import { openRows } from "./rows.ts";
import { simulatorOf } from "./simulator.ts";
import { post, type Shop, type World } from "./world.ts";

export type Credentials = Record<string, string>;

export type ConfigSet = {
  config_id: string;
  did: "created" | "updated" | "replaced" | "restored";
  account: string;
  replaced_config_id: string | null;
  kept: string[];
  webhook_url: string;
  note: string;
};

/** A new account at a provider: what its merchant types into the config, and the account's name there. */
export async function openAccount(
  { sandbox }: Pick<World, "sandbox">,
  provider: string,
): Promise<{ credentials: Credentials; account: string }> {
  const url = `${sandbox.simulators[provider as keyof typeof sandbox.simulators]}/_sim/accounts`;
  const { account, ...credentials } = await post<Credentials>(url, {});
  // With it the endpoint would be a dashboard's; without it `config set` registers ours.
  delete credentials.webhook_secret;
  delete credentials.webhook_id;
  return { credentials, account: account ?? credentials.mch_id ?? credentials.app_id! };
}

export type OneConfig = Awaited<ReturnType<typeof oneConfig>>;

/** A config of the shop under a name that no other test uses; its credentials are set as a test wants. */
export async function oneConfig(world: World, shop: Shop, provider: string) {
  const name = `name-${randomUUID().slice(0, 8)}`;
  const rows = await openRows();
  const simulator = simulatorOf(world, provider);
  const currency = provider === "stripe" || provider === "paypal" ? "USD" : "CNY";

  const set = (credentials: Data, more: Data = {}) =>
    world.ops<ConfigSet>("config set", {
      ...{ merchant: shop.username, provider, name, data: JSON.stringify(credentials) },
      ...more,
    });

  return {
    name,
    set,
    simulator,
    rows,
    /** In an environment that has just begun: one that knows the merchant's configs reads them anew only now and then. */
    async create(wanted: Data = {}) {
      const gateway = anotherGateway();
      const order = anOrder({ provider, config: name, currency, ...wanted });
      return createThrough(gateway, shop, order).finally(() => gateway.close());
    },
    /** The buyer pays, and no webhook tells of it. */
    async payUnheard(created: Data) {
      await simulator.faults({ lose: true });
      await simulator.pay(created);
      await simulator.faults({});
    },
    /** Time passes, and whatever is due is done. */
    async passes(seconds: number) {
      await world.passes(seconds);
      await invoke("sweep", {});
      await world.queues.drain();
    },
    states: async () =>
      (
        await rows.query<{ id: string; status: number }>(
          "SELECT id, status FROM payment_configs WHERE config_name = ? ORDER BY id",
          [name],
        )
      ).map(({ id, status }) => [id, status]),
    order: (created: Data) => rows.order(created.order_no),
  };
}
