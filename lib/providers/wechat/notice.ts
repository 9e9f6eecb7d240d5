import { GatewayError } from "../../errors.ts";
import type { Heard, Observation, WebhookCall } from "../../payment/provider.ts";
import type { WechatCredentials } from "./credentials.ts";
import { refundSeen } from "./refund.ts";
import { openResource } from "./resource.ts";
import { type FindKey, signatureFault } from "./signature.ts";
import { tradeObservations } from "./trade.ts";
import { type Notice, notice, readJson } from "./wire.ts";

/** Verifies a webhook. Throws `notification_refused`. */
export async function verifyNotice(call: WebhookCall, findKey: FindKey, now: Date): Promise<void> {
  const fault = await signatureFault(call, findKey, now);
  if (fault !== null) throw new GatewayError("notification_refused", `the notice is refused: ${fault}`);
}

/** Opens and reads a webhook's body. Throws `notification_refused` / `notification_malformed`. */
export function readNotice(body: Buffer, credentials: WechatCredentials, now: Date): Heard {
  const parsed = notice.safeParse(readJson(body));
  if (!parsed.success)
    throw new GatewayError("notification_malformed", "the body is no notice of WeChat Pay");
  const { id: eventId, event_type: eventType } = parsed.data;
  return { eventId, eventType, observations: observationsOf(parsed.data, credentials, now) };
}

function observationsOf(told: Notice, credentials: WechatCredentials, now: Date): Observation[] {
  const { event_type: type, resource } = told;
  const aboutRefund = type.startsWith("REFUND.");
  if (!aboutRefund && !type.startsWith("TRANSACTION.")) {
    return [{ kind: "ignored", why: `${type} changes no payment` }];
  }
  const plain = openResource(resource, credentials.api_v3_key);
  if (plain === undefined) {
    throw new GatewayError("notification_refused", "the notice does not open with the config's api_v3_key");
  }
  const content = readJson(Buffer.from(plain));
  if (aboutRefund) {
    const seen = refundSeen(type, content, credentials.mch_id);
    return ["unread" in seen ? { kind: "unrecognised", said: seen.unread } : seen];
  }
  const said = tradeObservations(content, credentials, now);
  const [first] = said;
  // The event's name and the transaction inside must say the same.
  if (
    first?.kind === "unrecognised" ||
    /* mutation: wechat-notice-type */ (type === "TRANSACTION.SUCCESS" && first?.kind === "paid")
  )
    return said;
  return [{ kind: "unrecognised", said: `${type} with a transaction that is ${first?.kind}` }];
}
