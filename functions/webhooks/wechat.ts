import { providerWebhook } from "../../lib/http/provider-webhook.ts";
import { openGateway } from "../../lib/open-gateway.ts";

export const handler = providerWebhook(openGateway, "wechat");
