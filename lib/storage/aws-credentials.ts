import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import type { ConnectionSource } from "./single-connection.ts";

const secretSchema = z.object({ username: z.string(), password: z.string() });

export type DatabaseAddress = { host: string; port: number; database: string; tls: boolean; secretArn: string };

/** Connection options with the account from Secrets Manager, asked again when the database refuses the one we know. */
export function connectionSource({ host, port, database, tls, secretArn }: DatabaseAddress): ConnectionSource {
  const client = new SecretsManagerClient({ maxAttempts: 3 });
  let known: Promise<z.infer<typeof secretSchema>> | undefined;

  async function ask() {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    return secretSchema.parse(JSON.parse(SecretString ?? "null"));
  }
  return async (fresh) => {
    if (fresh) known = undefined;
    known ??= ask();
    known.catch(() => {
      known = undefined;
    });
    const { username, password } = await known;
    return { host, port, database, user: username, password, ...(tls && { ssl: { minVersion: "TLSv1.2" } }) };
  };
}
