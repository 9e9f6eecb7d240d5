import { randomUUID } from "node:crypto";
import { simulators } from "../../scripts/sandbox/simulators.ts";
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
  stored: string[];
  webhook_url: string;
  note: string;
};

/** Opens an account at the provider: the credentials for the merchant's config and the provider's account id. */
export async function openAccount(
  { sandbox }: Pick<World, "sandbox">,
  provider: string,
): Promise<{ credentials: Credentials; account: string }> {
  const url = `${sandbox.simulators[provider as keyof typeof sandbox.simulators]}/_sim/accounts`;
  const { account, ...credentials } = await post<Credentials>(url, {});
  // Without these fields `config set` registers our webhook endpoint itself.
  delete credentials.webhook_secret;
  delete credentials.webhook_id;
  return { credentials, account: account ?? credentials.mch_id ?? credentials.app_id! };
}

export type OneConfig = Awaited<ReturnType<typeof oneConfig>>;

/** A config of the shop under a unique name; the test sets its credentials. */
export async function oneConfig(world: World, shop: Shop, provider: string) {
  const name = `name-${randomUUID().slice(0, 8)}`;
  const rows = await openRows();
  const simulator = simulatorOf(world, provider);
  const { currency } = simulators[provider]!;

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
    /** Creates a payment in a new environment, because a running one caches the merchant's configs. */
    async create(input: Data = {}) {
      const gateway = anotherGateway();
      const order = anOrder({ provider, config: name, currency, ...input });
      return createThrough(gateway, shop, order).finally(() => gateway.close());
    },
    /** The buyer pays, and the webhook about it is lost. */
    async payUnseen(created: Data) {
      await simulator.faults({ lose: true });
      await simulator.pay(created);
      await simulator.faults({});
    },
    /** Moves the clock, runs the sweeper and drains the queues. */
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
