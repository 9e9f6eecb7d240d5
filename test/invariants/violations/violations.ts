import { anomalyViolations } from "./anomalies.ts";
import { createViolations } from "./creates.ts";
import { deliveryViolations } from "./deliveries.ts";
import { factViolations } from "./facts.ts";
import { paymentViolations } from "./payments.ts";
import { pollViolations } from "./polls.ts";
import { refundViolations } from "./refunds.ts";
import { secretViolations } from "./secrets.ts";
import { tenancyViolations } from "./tenancy.ts";
import type { Violations } from "./violation.ts";

/** Violations to insert into a database with work under way. */
export const violations: Violations = {
  ...pollViolations,
  ...paymentViolations,
  ...createViolations,
  ...anomalyViolations,
  ...refundViolations,
  ...factViolations,
  ...deliveryViolations,
  ...tenancyViolations,
  ...secretViolations,
};
