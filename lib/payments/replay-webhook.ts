import { GatewayError } from "../errors.ts";
import { log } from "../log.ts";
import type { Anomalies } from "./anomaly.ts";
import type { Configs } from "./config-ports.ts";
import type { StoredEvent } from "./event-ports.ts";
import type { ProviderEvent } from "./provider.ts";
import { type ApplyGateway, applyWebhook } from "./receive-webhook.ts";

export type ReplayGateway = ApplyGateway & {
  configs: Configs;
  anomalies: Anomalies;
  /** Decrypts a stored body; `null`: it was not encrypted for this event's config. */
  openBody(event: StoredEvent, encrypted: string): Promise<Buffer | null>;
};

/**
 * Applies a stored webhook once more and returns its events. Signature and age were verified when it was received, and
 * only verified webhooks are stored. All guards recognise repeated events, so a second replay changes nothing.
 */
export async function replayWebhook(gateway: ReplayGateway, event: StoredEvent): Promise<ProviderEvent[]> {
  if (event.encryptedBody === null)
    throw new GatewayError("conflict", "this event's body was not stored: sync its order instead");
  const body = await gateway.openBody(event, event.encryptedBody);
  if (body === null)
    throw new GatewayError("conflict", "this event's body cannot be read: sync its order instead");
  const { config, parsed } = await gateway.configs.read(event, body);
  const { eventType, events } = parsed;
  const { userId, configId, provider } = event;
  const { account, livemode } = config;
  const anomalies = { ...gateway.anomalies, raise: gateway.anomalies.raiseAgain };
  const origin = { userId, configId, provider, account, livemode, source: "webhook" as const, eventType };
  await applyWebhook({ ...gateway, anomalies }, events, origin);
  log.info("webhook", {
    provider,
    config_id: configId,
    merchant: userId,
    verdict: "replayed",
    event_type: eventType,
  });
  return events;
}
