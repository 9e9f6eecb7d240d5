import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import type { ConnectionSource } from "./single-connection.ts";

const secretSchema = z.object({ username: z.string(), password: z.string() });

export type DatabaseAddress = {
  host: string;
  port: number;
  database: string;
  tls: boolean;
  secretArn: string;
};

type DatabaseAccount = z.infer<typeof secretSchema>;

export async function readDatabaseSecret(secretArn: string): Promise<DatabaseAccount> {
  const client = new SecretsManagerClient({ maxAttempts: 3 });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
  return secretSchema.parse(JSON.parse(SecretString ?? "null"));
}

/** Connection options with the account from Secrets Manager, asked again when the database refuses the one we know. */
export function connectionSource({
  host,
  port,
  database,
  tls,
  secretArn,
}: DatabaseAddress): ConnectionSource {
  let known: Promise<DatabaseAccount> | undefined;

  return async (fresh) => {
    if (fresh) known = undefined;
    known ??= readDatabaseSecret(secretArn);
    known.catch(() => {
      known = undefined;
    });
    const { username, password } = await known;
    return { host, port, database, user: username, password, ...(tls && { ssl: { minVersion: "TLSv1.2" } }) };
  };
}
