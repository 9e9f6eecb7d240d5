import { GatewayError } from "../errors.ts";
import type { Gateway } from "../open-gateway.ts";
import type { Merchant } from "../storage/merchants.ts";

/** The merchant with this id or username. */
export async function findMerchant({ merchants }: Gateway, name: string): Promise<Merchant> {
  const found = await merchants.find(name);
  if (!found) throw new GatewayError("not_found", `no merchant "${name}": see merchant list`);
  return found;
}

/** User id of the named merchant; `undefined` when no merchant was named, which means all merchants. */
export async function merchantIdOf(gateway: Gateway, name: string | undefined): Promise<string | undefined> {
  return name === undefined ? undefined : (await findMerchant(gateway, name)).userId;
}
