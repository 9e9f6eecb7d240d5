import { GatewayError } from "../errors.ts";
import { log } from "../log.ts";
import type { Anomalies } from "./anomaly.ts";
import type { Configs } from "./config-ports.ts";
import type { StoredEvent } from "./event-ports.ts";
import { type ApplyGateway, applyWebhook } from "./hear-webhook.ts";
import type { Observation } from "./provider.ts";

export type ReplayGateway = ApplyGateway & {
  configs: Configs;
  anomalies: Anomalies;
  /** Opens a recorded body that was sealed for this event's config; `null`: it was not. */
  openBody(event: StoredEvent, sealed: string): Promise<Buffer | null>;
};

/**
 * Applies a recorded webhook once more and answers what it says. Its signature and age were judged when it came, and only
 * what had passed was recorded. What it says is known to every guard that it meets, so a second replay changes nothing.
 */
export async function replayWebhook(gateway: ReplayGateway, event: StoredEvent): Promise<Observation[]> {
  if (event.sealedBody === null)
    throw new GatewayError("conflict", "this event's body could not be kept: sync its order instead");
  const body = await gateway.openBody(event, event.sealedBody);
  if (body === null)
    throw new GatewayError("conflict", "this event's body cannot be read: sync its order instead");
  const { config, heard } = await gateway.configs.read(event, body);
  const { eventType, observations } = heard;
  const { userId, configId, provider } = event;
  const { account, livemode } = config;
  const anomalies = { ...gateway.anomalies, raise: gateway.anomalies.raiseAgain };
  const source = { userId, configId, provider, account, livemode, told: "webhook" as const, eventType };
  await applyWebhook({ ...gateway, anomalies }, observations, source);
  log.info("webhook", {
    provider,
    config_id: configId,
    merchant: userId,
    verdict: "replayed",
    event_type: eventType,
  });
  return observations;
}
