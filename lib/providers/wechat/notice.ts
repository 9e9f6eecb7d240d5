import type { ParsedWebhook, ProviderEvent, WebhookCall } from "../../domain/provider.ts";
import { GatewayError } from "../../errors.ts";
import type { WechatCredentials } from "./credentials.ts";
import { refundSeen } from "./refund.ts";
import { openResource } from "./resource.ts";
import { type FindKey, signatureFault } from "./signature.ts";
import { tradeEvents } from "./trade.ts";
import { type Notice, notice, readJson } from "./wire.ts";

/** Verifies a webhook. Throws `notification_refused`. */
export async function verifyNotice(call: WebhookCall, findKey: FindKey, now: Date): Promise<void> {
  const fault = await signatureFault(call, findKey, now);
  if (fault !== null) throw new GatewayError("notification_refused", `the notice is refused: ${fault}`);
}

/** Decrypts and translates a webhook's body. Throws `notification_refused` / `notification_malformed`. */
export function readNotice(body: Buffer, credentials: WechatCredentials, now: Date): ParsedWebhook {
  const parsed = notice.safeParse(readJson(body));
  if (!parsed.success)
    throw new GatewayError("notification_malformed", "the body is not a WeChat Pay notice");
  const { id: eventId, event_type: eventType } = parsed.data;
  return { eventId, eventType, events: eventsOf(parsed.data, credentials, now) };
}

function eventsOf(decoded: Notice, credentials: WechatCredentials, now: Date): ProviderEvent[] {
  const { event_type: type, resource } = decoded;
  const aboutRefund = type.startsWith("REFUND.");
  if (!aboutRefund && !type.startsWith("TRANSACTION.")) {
    return [{ kind: "ignored", why: `${type} changes no payment` }];
  }
  const plain = openResource(resource, credentials.api_v3_key);
  if (plain === undefined) {
    throw new GatewayError("notification_refused", "the config's api_v3_key does not decrypt the notice");
  }
  const content = readJson(Buffer.from(plain));
  if (aboutRefund) {
    const seen = refundSeen(type, content, credentials.mch_id);
    return ["unread" in seen ? { kind: "unrecognised", said: seen.unread } : seen];
  }
  const said = tradeEvents(content, credentials, now);
  const [first] = said;
  // The event's type and the transaction in it must agree.
  if (
    first?.kind === "unrecognised" ||
    /* mutation: wechat-notice-type */ (type === "TRANSACTION.SUCCESS" && first?.kind === "paid")
  )
    return said;
  return [{ kind: "unrecognised", said: `${type} with a transaction that is ${first?.kind}` }];
}
