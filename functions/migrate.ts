import { migrateEnvironmentSchema } from "../lib/environment.ts";
import { invoked } from "../lib/http/invoked.ts";
import { prepareDatabase } from "../lib/storage/prepare-database.ts";

export const handler = invoked(async () => {
  await prepareDatabase(migrateEnvironmentSchema.parse(process.env));
  return { migrated: true };
});
