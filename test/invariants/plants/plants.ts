import { anomalyPlants } from "./anomalies.ts";
import { createPlants } from "./creates.ts";
import { deliveryPlants } from "./deliveries.ts";
import { factPlants } from "./facts.ts";
import { lookUpPlants } from "./look-ups.ts";
import { paymentPlants } from "./payments.ts";
import type { Plants } from "./plant.ts";
import { refundPlants } from "./refunds.ts";
import { secretPlants } from "./secrets.ts";
import { tenancyPlants } from "./tenancy.ts";

/** To be planted in a database at work. */
export const plants: Plants = {
  ...lookUpPlants,
  ...paymentPlants,
  ...createPlants,
  ...anomalyPlants,
  ...refundPlants,
  ...factPlants,
  ...deliveryPlants,
  ...tenancyPlants,
  ...secretPlants,
};
