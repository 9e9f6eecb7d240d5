import type { ProviderEvent } from "../domain/provider.ts";
import type { StoredEvent } from "../domain/webhook-event.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { log } from "../log.ts";
import { originOf } from "./apply-events.ts";
import { applyWebhook } from "./receive-webhook.ts";
import { openBody } from "./webhook-body.ts";

/**
 * Applies a stored webhook once more and returns its events. Signature and age were verified when it was received, and
 * only verified webhooks are stored. All guards recognise repeated events, so a second replay changes nothing.
 */
export async function replayWebhook(gateway: Gateway, event: StoredEvent): Promise<ProviderEvent[]> {
  if (event.encryptedBody === null)
    throw new GatewayError("conflict", "this event's body was not stored: sync its order instead");
  const body = await openBody(gateway.vault, event, event.encryptedBody);
  if (body === null)
    throw new GatewayError("conflict", "this event's body cannot be read: sync its order instead");
  const { config, parsed } = await gateway.configs.read(event, body);
  const { eventType, events } = parsed;
  const { userId, configId, provider } = event;
  await applyWebhook(gateway, events, { ...originOf(config, "webhook"), eventType, isReplay: true });
  log.info("webhook", {
    provider,
    config_id: configId,
    merchant: userId,
    verdict: "replayed",
    event_type: eventType,
  });
  return events;
}
