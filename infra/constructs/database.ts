import { Duration, RemovalPolicy } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as rds from "aws-cdk-lib/aws-rds";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { StageSettings } from "../stages.ts";

export type DatabaseProps = {
  settings: StageSettings;
  vpc: ec2.IVpc;
  /** Members may connect. */
  clients: ec2.ISecurityGroup;
};

const engine = rds.DatabaseClusterEngine.auroraMysql({ version: rds.AuroraMysqlEngineVersion.VER_3_10_3 });

/** Settings that the code relies on. Durations are in seconds. */
const parameters = {
  transaction_isolation: "READ-COMMITTED",
  innodb_lock_wait_timeout: "3",
  // Otherwise a lock time-out rolls back only its statement, and the transaction could be committed without it.
  innodb_rollback_on_timeout: "1",
  // A frozen function's connection, and the locks it holds, end after this.
  wait_timeout: "60",
  character_set_server: "utf8mb4",
  collation_server: "utf8mb4_0900_ai_ci",
  time_zone: "UTC",
  require_secure_transport: "ON",
};

/** Characters that would need escaping in a shell, a URL or SQL. */
const excludeCharacters = " %+~`#$&*()|[]{}:;<>?!'/@\"\\,=^";

/**
 * Aurora MySQL Serverless v2 with two accounts: one changes the schema, only in deployments; the other changes rows.
 */
export class Database extends Construct {
  readonly cluster: rds.DatabaseCluster;
  readonly name = "gateway";
  /** Of `gateway_migrate`, the master user. */
  readonly migrateSecret: secretsmanager.ISecret;
  /** Of `gateway_app`, an account that the first migration creates; rotated every 30 days. */
  readonly appSecret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, { settings, vpc, clients }: DatabaseProps) {
    super(scope, id);
    const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    this.migrateSecret = new rds.DatabaseSecret(this, "MigrateSecret", {
      username: "gateway_migrate",
      excludeCharacters,
    });
    this.cluster = new rds.DatabaseCluster(this, "Cluster", {
      engine,
      vpc,
      vpcSubnets,
      defaultDatabaseName: this.name,
      credentials: rds.Credentials.fromSecret(this.migrateSecret),
      writer: rds.ClusterInstance.serverlessV2("Writer"),
      readers: Array.from({ length: settings.databaseReaders }, (_, index) =>
        rds.ClusterInstance.serverlessV2(`Reader${index + 1}`, { scaleWithWriter: true }),
      ),
      serverlessV2MinCapacity: settings.databaseCapacity.min,
      serverlessV2MaxCapacity: settings.databaseCapacity.max,
      parameterGroup: new rds.ParameterGroup(this, "Parameters", {
        engine,
        description: "Settings that the gateway relies on",
        parameters,
      }),
      storageEncrypted: true,
      backup: { retention: Duration.days(settings.databaseBackupDays) },
      copyTagsToSnapshot: true,
      deletionProtection: settings.keepData,
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.cluster.connections.allowDefaultPortFrom(clients, "database clients");
    this.appSecret = this.rotatedAppSecret(vpc);
  }

  private rotatedAppSecret(vpc: ec2.IVpc): secretsmanager.ISecret {
    const secret = new rds.DatabaseSecret(this, "AppSecret", {
      username: "gateway_app",
      dbname: this.name,
      excludeCharacters,
    });
    new secretsmanager.SecretRotation(this, "AppSecretRotation", {
      application: secretsmanager.SecretRotationApplication.MYSQL_ROTATION_SINGLE_USER,
      secret: secret.attach(this.cluster),
      target: this.cluster,
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      automaticallyAfter: Duration.days(30),
      excludeCharacters,
      // The account does not exist before the first migration.
      rotateImmediatelyOnUpdate: false,
    });
    return secret;
  }
}
