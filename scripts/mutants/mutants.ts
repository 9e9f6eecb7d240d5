import { alipayGuards } from "./guards/alipay.ts";
import { apiKeyGuards } from "./guards/api-keys.ts";
import { badInputGuards } from "./guards/bad-input.ts";
import { createGuards } from "./guards/creates.ts";
import { credentialGuards } from "./guards/credentials.ts";
import { deliveryGuards } from "./guards/deliveries.ts";
import { edgeGuards } from "./guards/edges.ts";
import { frontGuards } from "./guards/front.ts";
import { limitGuards } from "./guards/limits.ts";
import { logGuards } from "./guards/logs.ts";
import { paymentGuards } from "./guards/payments.ts";
import { paypalGuards } from "./guards/paypal.ts";
import { platformGuards } from "./guards/platform.ts";
import { refundGuards } from "./guards/refunds.ts";
import { resendGuards } from "./guards/resends.ts";
import { schemaGuards } from "./guards/schema.ts";
import { sendingGuards } from "./guards/sending.ts";
import { stripeGuards } from "./guards/stripe.ts";
import { tenancyGuards } from "./guards/tenancy.ts";
import { useCaseGuards } from "./guards/use-cases.ts";
import { webhookGuards } from "./guards/webhooks.ts";
import { wechatGuards } from "./guards/wechat.ts";
import type { Mutant } from "./mutant.ts";

/** Every guard that a test must miss. */
export const mutants: Mutant[] = [
  ...schemaGuards,
  ...createGuards,
  ...paymentGuards,
  ...refundGuards,
  ...edgeGuards,
  ...tenancyGuards,
  ...credentialGuards,
  ...deliveryGuards,
  ...resendGuards,
  ...alipayGuards,
  ...wechatGuards,
  ...stripeGuards,
  ...paypalGuards,
  ...webhookGuards,
  ...sendingGuards,
  ...platformGuards,
  ...apiKeyGuards,
  ...limitGuards,
  ...frontGuards,
  ...useCaseGuards,
  ...badInputGuards,
  ...logGuards,
];
