import { GatewayError } from "../errors.ts";
import type { Gateway } from "../open-gateway.ts";
import type { Merchant } from "../storage/merchants.ts";

/** The merchant with this id or username. */
export async function findMerchant({ merchants }: Gateway, name: string): Promise<Merchant> {
  const found = (await merchants.list()).find(({ userId, username }) => userId === name || username === name);
  if (!found) throw new GatewayError("not_found", `no merchant "${name}": see merchant list`);
  return found;
}

/** `undefined`: no merchant was named, so every one is meant. */
export async function merchantIdOf(gateway: Gateway, name: string | undefined): Promise<string | undefined> {
  return name === undefined ? undefined : (await findMerchant(gateway, name)).userId;
}
