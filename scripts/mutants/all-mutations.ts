import type { Mutation } from "./mutant.ts";
import { accountMutations } from "./mutations/accounts.ts";
import { alipayMutations } from "./mutations/alipay.ts";
import { apiKeyMutations } from "./mutations/api-keys.ts";
import { badInputMutations } from "./mutations/bad-input.ts";
import { createMutations } from "./mutations/creates.ts";
import { credentialMutations } from "./mutations/credentials.ts";
import { deliveryMutations } from "./mutations/deliveries.ts";
import { edgeMutations } from "./mutations/edges.ts";
import { frontMutations } from "./mutations/front.ts";
import { limitMutations } from "./mutations/limits.ts";
import { linkMutations } from "./mutations/links.ts";
import { logMutations } from "./mutations/logs.ts";
import { paymentMutations } from "./mutations/payments.ts";
import { paypalMutations } from "./mutations/paypal.ts";
import { platformMutations } from "./mutations/platform.ts";
import { refundMutations } from "./mutations/refunds.ts";
import { resendMutations } from "./mutations/resends.ts";
import { schemaMutations } from "./mutations/schema.ts";
import { sendingMutations } from "./mutations/sending.ts";
import { stripeMutations } from "./mutations/stripe.ts";
import { tenancyMutations } from "./mutations/tenancy.ts";
import { useCaseMutations } from "./mutations/use-cases.ts";
import { webhookMutations } from "./mutations/webhooks.ts";
import { wechatMutations } from "./mutations/wechat.ts";

/** Every mutation that a test must kill. */
export const mutations: Mutation[] = [
  ...schemaMutations,
  ...createMutations,
  ...paymentMutations,
  ...accountMutations,
  ...refundMutations,
  ...tenancyMutations,
  ...credentialMutations,
  ...deliveryMutations,
  ...resendMutations,
  ...alipayMutations,
  ...wechatMutations,
  ...stripeMutations,
  ...paypalMutations,
  ...webhookMutations,
  ...sendingMutations,
  ...platformMutations,
  ...apiKeyMutations,
  ...limitMutations,
  ...frontMutations,
  ...useCaseMutations,
  ...badInputMutations,
  ...linkMutations,
  ...edgeMutations,
  ...logMutations,
];
