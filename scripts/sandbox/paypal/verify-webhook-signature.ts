import { verify, X509Certificate } from "node:crypto";
import type { PaypalAccount } from "./accounts.ts";
import { type Seal, signedText } from "./events.ts";
import { rawMember } from "./raw-member.ts";
import { readFields } from "./read-fields.ts";

/**
 * `POST /v1/notifications/verify-webhook-signature`, over the exact text of `webhook_event` in the request. A caller who
 * has parsed and rewritten the event gets FAILURE, as at PayPal.
 */
export function verifyWebhookSignature(
  account: PaypalAccount,
  seal: Seal,
  certUrl: string,
  body: string,
): object {
  const fields = readFields(JSON.parse(body));
  const required = { required: true } as const;
  const said = {
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
  const known = account.webhooks.some(({ id }) => id === said.webhookId);
  const ours = said.certUrl === certUrl && said.algorithm === "SHA256withRSA";
  const text = Buffer.from(signedText(said.id, said.time, said.webhookId, event));
  const { publicKey } = new X509Certificate(seal.signer().certificatePem);
  const right = verify("sha256", text, publicKey, Buffer.from(said.signature, "base64"));
  return { verification_status: known && ours && right ? "SUCCESS" : "FAILURE" };
}
