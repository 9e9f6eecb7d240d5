import { anotherGateway } from "../steps/gateways.ts";
import { openRows } from "../steps/rows.ts";
import { openWorld } from "../steps/world.ts";
import type { Life } from "./life.ts";

/** A test world with two merchants that have no payments yet. */
export async function openLife(): Promise<Life & { stop(): Promise<void> }> {
  const world = await openWorld();
  const shop = await world.openShop();
  const other = await world.openShop("stripe", "alipay");
  const rows = await openRows();
  const gateway = anotherGateway();
  return {
    world,
    rows,
    gateway,
    shop,
    other,
    async stop() {
      await gateway.close();
      await rows.close();
      await world.stop();
    },
  };
}
