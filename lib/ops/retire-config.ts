import { secondsAfter } from "../clock.ts";
import type { StoredConfig } from "../domain/config.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { log } from "../log.ts";
import { retireConfig, stillNeeds } from "../storage/retire-config.ts";

/** Refunds and disputes may arrive for about this many days after a payment. */
const youngDays = 400;
/** Functions cache configs for up to a minute, so one changed more recently than this may still be in use. */
const settledSeconds = 120;

/**
 * Deletes the credentials of a replaced or disabled config, so that its provider account is never called again. Refused
 * while open orders, open refunds or recent payments may need the account, unless an operator forces it with a note.
 */
export async function retire(
  gateway: Gateway,
  config: StoredConfig,
  { force, note }: { force: boolean; note: string | null },
) {
  const { id, userId, provider, state } = config;
  if (state === "retired") throw new GatewayError("conflict", `config ${id} is already retired`);
  if (state === "active")
    throw new GatewayError(
      "conflict",
      `config ${id} is active: first disable it, or replace it with config set`,
    );
  if (force && note === null)
    throw new GatewayError(
      "invalid_parameter",
      "note: is required with --force: say why the config is retired while it may still be needed",
    );
  const now = gateway.clock.now();
  const needed = await stillNeeds(gateway.db, config, secondsAfter(now, -youngDays * 24 * 3600));
  if (!force) {
    // mutation: retire-needed
    refuseNeeded(id, needed);
    if (secondsAfter(config.updatedAt, settledSeconds) > now)
      throw new GatewayError(
        "conflict",
        `config ${id} was changed just now and may still be in use: try again in two minutes`,
      );
  }
  if (!(await retireConfig(gateway.db, config, note, now)))
    throw new GatewayError("conflict", "the config was changed at the same time: try again");
  log.warn("config retired", { config_id: id, merchant: userId, provider });
  return { config_id: id, state: "retired" as const, ...countsOf(needed), note };
}

type Needed = Awaited<ReturnType<typeof stillNeeds>>;

function refuseNeeded(id: string, needed: Needed): void {
  const { openOrders, openRefunds, youngPayments } = needed;
  if (openOrders + openRefunds + youngPayments === 0) return;
  const message = `config ${id} is still needed: ${openOrders} orders and ${openRefunds} refunds are not final, ${youngPayments} payments are younger than ${youngDays} days (retire anyway: --force yes --note "…")`;
  throw new GatewayError("conflict", message);
}

function countsOf({ openOrders, openRefunds, youngPayments }: Needed) {
  return { open_orders: openOrders, open_refunds: openRefunds, young_payments: youngPayments };
}
