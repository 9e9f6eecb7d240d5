import { secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { log } from "../log.ts";
import type { Gateway } from "../open-gateway.ts";
import type { StoredConfig } from "../payment/config-ports.ts";
import { retireConfig, stillNeeds } from "../storage/retire-config.ts";

/** Refunds and disputes of a payment come for about this long. */
const youngDays = 400;
/** Functions may go on with what they have read of a config for a minute. */
const settledSeconds = 120;

/**
 * Ends a config that creates nothing any more: its credentials are deleted, so that nothing at its account can be asked
 * again. Refused while something may still have to be, unless an operator says why.
 */
export async function retire(
  gateway: Gateway,
  config: StoredConfig,
  { force, note }: { force: boolean; note: string | null },
) {
  const { id, userId, provider, state } = config;
  if (state === "retired") throw new GatewayError("conflict", `config ${id} is retired already`);
  if (state === "active")
    throw new GatewayError(
      "conflict",
      `config ${id} is active: disable it, or replace it by config set, first`,
    );
  if (force && note === null)
    throw new GatewayError(
      "invalid_parameter",
      "note: say why it is retired in spite of what it is needed for",
    );
  const now = gateway.clock.now();
  const needed = await stillNeeds(gateway.db, config, secondsAfter(now, -youngDays * 24 * 3600));
  if (!force) {
    // mutation: retire-needed
    refuseNeeded(id, needed);
    if (secondsAfter(config.updatedAt, settledSeconds) > now)
      throw new GatewayError(
        "conflict",
        `config ${id} was changed just now and may be in use: try again in two minutes`,
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
