import { credentialGuards } from "./guards/credentials.ts";
import { deliveryGuards } from "./guards/deliveries.ts";
import { frontGuards } from "./guards/front.ts";
import { limitGuards } from "./guards/limits.ts";
import { logGuards } from "./guards/logs.ts";
import { paymentGuards } from "./guards/payments.ts";
import { platformGuards } from "./guards/platform.ts";
import { providerGuards } from "./guards/providers.ts";
import { refundGuards } from "./guards/refunds.ts";
import { schemaGuards } from "./guards/schema.ts";
import { sendingGuards } from "./guards/sending.ts";
import { tenancyGuards } from "./guards/tenancy.ts";
import { useCaseGuards } from "./guards/use-cases.ts";
import type { Mutant } from "./mutant.ts";

/** Every guard that a test must miss. */
export const mutants: Mutant[] = [
  ...schemaGuards,
  ...paymentGuards,
  ...refundGuards,
  ...tenancyGuards,
  ...credentialGuards,
  ...deliveryGuards,
  ...providerGuards,
  ...sendingGuards,
  ...platformGuards,
  ...limitGuards,
  ...frontGuards,
  ...useCaseGuards,
  ...logGuards,
];
