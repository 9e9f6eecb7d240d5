import { badInputGuards } from "./guards/bad-input.ts";
import { deliveryGuards } from "./guards/deliveries.ts";
import { limitGuards } from "./guards/limits.ts";
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
  ...deliveryGuards,
  ...providerGuards,
  ...sendingGuards,
  ...platformGuards,
  ...limitGuards,
  ...useCaseGuards,
  ...badInputGuards,
];
