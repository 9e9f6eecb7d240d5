import { migrateEnvironmentSchema } from "../lib/environment.ts";
import { prepareDatabase } from "../lib/storage/prepare-database.ts";

export const handler = async (): Promise<{ migrated: true }> => {
  await prepareDatabase(migrateEnvironmentSchema.parse(process.env));
  return { migrated: true };
};
