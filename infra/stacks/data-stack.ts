import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as elasticache from "aws-cdk-lib/aws-elasticache";
import * as kms from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { Database } from "../constructs/database.ts";
import type { StageSettings } from "../stages.ts";
import type { NetworkStack } from "./network-stack.ts";

export type DataStackProps = {
  /** Name of the resources that need one, for example "uni-pay-dev". */
  name: string;
  settings: StageSettings;
  network: NetworkStack;
  /** Numbers of the KMS keys; see `credentialsKeys`. */
  keys: readonly number[];
};

/** What must survive when the functions are replaced: database, cache and the keys that encrypt credentials. */
export class DataStack extends Stack {
  readonly database: Database;
  readonly cache: elasticache.CfnServerlessCache;
  /** The first encrypts the merchants' provider credentials; each decrypts what it has encrypted. */
  readonly credentialsKeys: readonly kms.Key[];

  constructor(scope: Construct, id: string, { name, settings, network, keys }: DataStackProps) {
    super(scope, id, { description: "Uni-Pay: data", terminationProtection: settings.keepData });
    this.database = new Database(this, "Database", {
      settings,
      vpc: network.vpc,
      clients: network.databaseClients,
    });
    this.cache = this.serverlessCache(name, network);
    this.credentialsKeys = keys.map(
      (key) =>
        new kms.Key(this, key === 1 ? "CredentialsKey" : `CredentialsKey${key}`, {
          description: `Encrypts the provider credentials of the merchants of ${name}: key ${key}`,
          enableKeyRotation: true,
          removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
          pendingWindow: Duration.days(settings.keepData ? 30 : 7),
        }),
    );
  }

  /** Valkey, because a serverless Redis starts at 1 GB: fifteen times the price. Always TLS, always cluster mode. */
  private serverlessCache(name: string, { vpc, cacheClients }: NetworkStack): elasticache.CfnServerlessCache {
    const securityGroup = new ec2.SecurityGroup(this, "CacheSecurityGroup", {
      vpc,
      description: "The cache",
      allowAllOutbound: false,
    });
    // 6379 is the writer, 6380 the reader: a cluster client learns both.
    securityGroup.addIngressRule(cacheClients, ec2.Port.tcpRange(6379, 6380), "cache clients");
    return new elasticache.CfnServerlessCache(this, "Cache", {
      serverlessCacheName: name,
      engine: "valkey",
      majorEngineVersion: "8",
      description: "Locks, rate limits and caches; never authoritative",
      securityGroupIds: [securityGroup.securityGroupId],
      subnetIds: vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED }).subnetIds,
      // The data is small and short-lived; the limits keep a bug from becoming a bill.
      cacheUsageLimits: {
        dataStorage: { maximum: 1, unit: "GB" },
        ecpuPerSecond: { maximum: 10_000 },
      },
    });
  }
}
