import { GatewayError } from "../../errors.ts";
import type { StripeClient } from "./client.ts";
import * as wire from "./wire.ts";

/** The account's id. Throws errors that may be shown to the caller of a create. */
export async function accountId(client: StripeClient): Promise<string> {
  const said = await client.get("/v1/account");
  if (said.kind === "refused") {
    throw new GatewayError("create_not_accepted", "Stripe refused the account's key", {
      providerError: said.error,
    });
  }
  const account = said.kind === "answered" ? wire.account.safeParse(said.body) : undefined;
  if (!account?.success)
    throw new GatewayError("unavailable", "Stripe did not return the account; try again");
  return account.data.id;
}

/** Tests the key by retrieving its account. */
export async function probe(client: StripeClient, livemode: boolean): Promise<string | null> {
  const key = `the ${livemode ? "live" : "test"} secret_key`;
  const said = await client.get("/v1/account");
  if (said.kind === "unknown") return `${key} could not be tried: ${said.why}`;
  if (said.kind === "refused") {
    const { code, message } = said.error;
    if (said.status === 401) return `Stripe does not know ${key}, or it was revoked`;
    if (said.status === 403) return `${key} may not read its account: give it that permission (${message})`;
    return `${key} could not be tried: ${code}: ${message}`;
  }
  const account = wire.account.safeParse(said.body);
  if (!account.success) return `${key} could not be tried: Stripe's answer is not an account`;
  // A test key takes test payments before the account is activated.
  if (livemode && account.data.charges_enabled === false) {
    return `${account.data.id} may not take payments yet: complete its activation in Stripe's dashboard`;
  }
  return null;
}
