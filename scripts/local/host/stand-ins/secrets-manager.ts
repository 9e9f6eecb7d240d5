import * as z from "zod";
import { AwsError, type StandIn, serveOperations } from "./json-protocol.ts";

const getSecretValueSchema = z.object({ SecretId: z.string() });

/** Secrets Manager with GetSecretValue alone, over fixed values by ARN. */
export function startSecretsManager(secrets: ReadonlyMap<string, string>): Promise<StandIn> {
  return serveOperations({
    GetSecretValue(input) {
      const { SecretId } = getSecretValueSchema.parse(input);
      const value = secrets.get(SecretId);
      if (value === undefined) {
        throw new AwsError(
          "ResourceNotFoundException",
          "Secrets Manager can't find the specified secret value.",
        );
      }
      return {
        ARN: SecretId,
        Name: SecretId.split(":").at(-1),
        SecretString: value,
        VersionId: "local",
        VersionStages: ["AWSCURRENT"],
      };
    },
  });
}
