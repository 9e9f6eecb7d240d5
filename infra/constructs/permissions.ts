import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import type { FunctionSpec, Grant } from "../../lib/functions.ts";
import type { NetworkStack } from "../stacks/network-stack.ts";
import type { Database } from "./database.ts";
import type { GatewayFunction } from "./gateway-function.ts";

export type Grantable = {
  database: Database;
  /** The first encrypts. */
  credentialsKeys: readonly kms.IKey[];
  notify: sqs.IQueue;
  poll: sqs.IQueue;
};

/** The network protects database and cache, so these grants are memberships in security groups. */
export function securityGroupsFor({ grants }: FunctionSpec, network: NetworkStack): ec2.ISecurityGroup[] {
  const groups: ec2.ISecurityGroup[] = [];
  if (grants.includes("database") || grants.includes("migrate-database"))
    groups.push(network.databaseClients);
  if (grants.includes("cache")) groups.push(network.cacheClients);
  return groups;
}

/** Grants the function what its entry in the list names, and nothing else. */
export function grant(gatewayFunction: GatewayFunction, to: Grantable): void {
  const { database, credentialsKeys, notify, poll } = to;
  const give: Record<Grant, () => void> = {
    database: () => void database.appSecret.grantRead(gatewayFunction),
    // The migration creates the functions' account, so it reads that password too.
    "migrate-database": () => {
      database.migrateSecret.grantRead(gatewayFunction);
      database.appSecret.grantRead(gatewayFunction);
    },
    cache: () => {},
    decrypt: () => useKeys(gatewayFunction, credentialsKeys, "kms:Decrypt"),
    encrypt: () => useKeys(gatewayFunction, credentialsKeys.slice(0, 1), "kms:GenerateDataKey"),
    "send-notify": () => void notify.grantSendMessages(gatewayFunction),
    "send-poll": () => void poll.grantSendMessages(gatewayFunction),
  };
  for (const name of gatewayFunction.spec.grants) give[name]();
}

/**
 * Every encrypted value is bound to its merchant; a webhook function decrypts only values that are bound to its
 * provider, too.
 */
function useKeys({ spec, grantPrincipal }: GatewayFunction, keys: readonly kms.IKey[], action: string): void {
  const provider = action === "kms:Decrypt" && /^webhooks\/(.+)$/.exec(spec.entry)?.[1];
  grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: [action],
      resources: keys.map(({ keyArn }) => keyArn),
      conditions: {
        Null: { "kms:EncryptionContext:user": "false" },
        ...(provider && { StringEquals: { "kms:EncryptionContext:provider": provider } }),
      },
    }),
  );
}
