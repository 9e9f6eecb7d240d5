import { CfnParameter } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { DataStack } from "../stacks/data-stack.ts";
import { localDifferences, type Stage } from "../stages.ts";
import type { DelayQueue } from "./delay-queue.ts";

export type Variables = Record<string, string>;

export type FunctionEnvironmentProps = {
  stage: Stage;
  data: DataStack;
  /** Origin at which providers and buyers reach the gateway. */
  publicUrl: string;
  /** Origins whose pages may read the API reference. */
  corsOrigins: readonly string[];
  queues: Record<"notify" | "poll", DelayQueue>;
};

/** Exactly the variables of `lib/environment.ts`: those of the functions, and of the one that migrates the database. */
export function functionEnvironment(
  scope: Construct,
  { stage, data, publicUrl, corsOrigins, queues }: FunctionEnvironmentProps,
): { common: Variables; migration: Variables } {
  const { database, cache, credentialsKeys } = data;
  const local = stage === "local" ? localVariables(scope) : {};
  const connection = {
    STAGE: stage,
    DB_HOST: database.cluster.clusterEndpoint.hostname,
    DB_PORT: String(database.cluster.clusterEndpoint.port),
    DB_NAME: database.name,
    DB_TLS: "on",
  };
  const common = {
    ...connection,
    DB_SECRET_ARN: database.appSecret.secretArn,
    PUBLIC_URL: publicUrl,
    CORS_ORIGINS: corsOrigins.join(",") || "none",
    REDIS_HOST: cache.attrEndpointAddress,
    REDIS_PORT: cache.attrEndpointPort,
    REDIS_TLS: "on",
    NOTIFY_QUEUE_URL: queues.notify.queue.queueUrl,
    POLL_QUEUE_URL: queues.poll.queue.queueUrl,
    KMS_KEY_IDS: credentialsKeys.map(({ keyArn }) => keyArn).join(","),
    ...local,
  };
  const migration = {
    ...connection,
    ...pick(local, Object.keys(connection)),
    DB_SECRET_ARN: database.migrateSecret.secretArn,
    APP_SECRET_ARN: database.appSecret.secretArn,
  };
  return { common, migration };
}

function localVariables(scope: Construct): Variables {
  const filledIn = Object.entries(localDifferences.parameters).map(([variable, parameter]) => {
    const description = `${variable}, filled in by the local host`;
    return [variable, new CfnParameter(scope, parameter, { description }).valueAsString];
  });
  return { ...localDifferences.environment, ...Object.fromEntries(filledIn) };
}

function pick(variables: Variables, names: string[]): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => names.includes(name)));
}
