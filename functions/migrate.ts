import type { Context } from "aws-lambda";
import { migrateEnvironmentSchema } from "../lib/environment.ts";
import { invoked } from "../lib/http/invoked.ts";
import { prepareDatabase } from "../lib/storage/prepare-database.ts";

export const handler = (_event: unknown, context: Context): Promise<{ migrated: true }> =>
  invoked(context, async () => {
    await prepareDatabase(migrateEnvironmentSchema.parse(process.env));
    return { migrated: true };
  });
