import { providerWebhook } from "../../lib/http/provider-webhook.ts";

export const handler = providerWebhook("paypal");
