import { verify, X509Certificate } from "node:crypto";
import type { PaypalAccount } from "./accounts.ts";
import { type SigningKey, signedText } from "./events.ts";
import { rawMember } from "./raw-member.ts";
import { readFields } from "./read-fields.ts";

/**
 * `POST /v1/notifications/verify-webhook-signature`, over the exact text of `webhook_event` in the request. A caller
 * that re-serialises the event gets FAILURE, as from PayPal.
 */
export function verifyWebhookSignature(
  account: PaypalAccount,
  signingKey: SigningKey,
  certUrl: string,
  body: string,
): object {
  const fields = readFields(JSON.parse(body));
  const required = { required: true } as const;
  const input = {
    algorithm: fields.text("auth_algo", required),
    certUrl: fields.text("cert_url", required),
    id: fields.text("transmission_id", required),
    signature: fields.text("transmission_sig", required),
    time: fields.text("transmission_time", required),
    webhookId: fields.text("webhook_id", required),
  };
  fields.requiredObject("webhook_event");
  fields.done();
  const event = rawMember(body, "webhook_event") ?? "";
  const isRegistered = account.webhooks.some(({ id }) => id === input.webhookId);
  const ours = input.certUrl === certUrl && input.algorithm === "SHA256withRSA";
  const text = Buffer.from(signedText(input.id, input.time, input.webhookId, event));
  const { publicKey } = new X509Certificate(signingKey.signer().certificatePem);
  const right = verify("sha256", text, publicKey, Buffer.from(input.signature, "base64"));
  return { verification_status: isRegistered && ours && right ? "SUCCESS" : "FAILURE" };
}
