import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { findMerchant, type Merchant } from "../storage/merchants.ts";

/** The merchant with this id or username. */
export async function requireMerchant({ db }: Gateway, name: string): Promise<Merchant> {
  const found = await findMerchant(db, name);
  if (!found) throw new GatewayError("not_found", `no merchant "${name}": see merchant list`);
  return found;
}

/** User id of the named merchant; `undefined` when no merchant was named, which means all merchants. */
export async function merchantIdOf(gateway: Gateway, name: string | undefined): Promise<string | undefined> {
  return name === undefined ? undefined : (await requireMerchant(gateway, name)).userId;
}
