import { randomBytes } from "node:crypto";
import * as z from "zod";
import type { Resource } from "./assembly.ts";
import { secretArn } from "./local-values.ts";
import type { StoredSecrets } from "./stored-secrets.ts";

/**
 * The functions' database users. `created`: the migration connects as the URL's user and creates the gateway's own
 * user, as on AWS. `given`: the server is the developer's own, and every function connects as the URL's user.
 */
export type DatabaseUsers = "created" | "given";

/** User name in the template of the secret that the migration connects with. */
const migrationUser = "gateway_migrate";

const propertiesSchema = z.object({
  SecretString: z.string().optional(),
  GenerateSecretString: z
    .looseObject({ SecretStringTemplate: z.string().optional(), GenerateStringKey: z.string().optional() })
    .optional(),
});

/** The value of each secret by ARN, generated as by CloudFormation, except where it must be the URL's user. */
export function secretValues(
  secrets: readonly Resource[],
  databaseUrl: URL,
  users: DatabaseUsers,
  stored: StoredSecrets,
): Map<string, string> {
  const ofDatabase = {
    username: decodeURIComponent(databaseUrl.username),
    password: decodeURIComponent(databaseUrl.password),
  };
  return new Map(
    secrets.map((secret) => {
      const arn = secretArn(secret);
      const { SecretString, GenerateSecretString: generated } = propertiesSchema.parse(secret.properties);
      if (SecretString !== undefined) return [arn, SecretString];
      const random = () => randomBytes(24).toString("hex");
      if (generated?.SecretStringTemplate === undefined) return [arn, stored.get(arn, random)];
      const template: { username?: string } = JSON.parse(generated.SecretStringTemplate);
      const isUrlUser =
        template.username === migrationUser || (template.username !== undefined && users === "given");
      if (isUrlUser) return [arn, JSON.stringify({ ...template, ...ofDatabase })];
      const key = generated.GenerateStringKey ?? "password";
      return [arn, JSON.stringify({ ...template, [key]: stored.get(arn, random) })];
    }),
  );
}
