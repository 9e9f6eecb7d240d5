import type { Assembly } from "../assembly.ts";
import type { ServiceUrls } from "../lambda-functions.ts";
import type { Resolve } from "../resolve.ts";
import { type DatabaseUsers, secretValues } from "../secret-values.ts";
import { openStoredSecrets } from "../stored-secrets.ts";
import { startKms } from "./kms.ts";
import { startSecretsManager } from "./secrets-manager.ts";

export type StandIns = { urls: Pick<ServiceUrls, "kms" | "secretsManager">; stop(): void };

/** Starts KMS and Secrets Manager with the template's keys and secrets; what they generate is kept in `dir`. */
export async function startStandIns(
  assembly: Assembly,
  resolve: Resolve,
  database: { url: URL; users: DatabaseUsers },
  dir: string,
): Promise<StandIns> {
  const stored = openStoredSecrets(dir);
  const keys = assembly.ofType("AWS::KMS::Key").map(({ stack, logicalId }) => ({
    id: String(resolve({ Ref: logicalId }, stack)),
    arn: String(resolve({ "Fn::GetAtt": [logicalId, "Arn"] }, stack)),
  }));
  const secrets = secretValues(
    assembly.ofType("AWS::SecretsManager::Secret"),
    database.url,
    database.users,
    stored,
  );
  const kms = await startKms(keys, stored);
  const secretsManager = await startSecretsManager(secrets);
  return {
    urls: { kms: kms.url, secretsManager: secretsManager.url },
    stop() {
      kms.stop();
      secretsManager.stop();
    },
  };
}
