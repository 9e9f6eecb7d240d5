import { join } from "node:path";
import { type CfnResource, Duration, RemovalPolicy } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { FunctionSpec } from "../../lib/functions.ts";
import type { Stage, StageSettings } from "../stages.ts";

export type GatewayFunctionProps = {
  stage: Stage;
  spec: FunctionSpec;
  settings: StageSettings;
  /** Holds the built functions, `<entry>/index.js`. */
  dist: string;
  vpc: ec2.IVpc;
  securityGroups: ec2.ISecurityGroup[];
  environment: Record<string, string>;
};

/** "webhooks/alipay" as the name of a construct: "WebhooksAlipay". */
export function constructIdOf(entry: string): string {
  return entry
    .split(/[/-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

/** One function of the list, with its own log group. Its template resource names the entry in `Metadata.entry`. */
export class GatewayFunction extends lambda.Function {
  readonly spec: FunctionSpec;
  readonly logs: logs.ILogGroup;

  constructor(
    scope: Construct,
    { stage, spec, settings, dist, vpc, securityGroups, environment }: GatewayFunctionProps,
  ) {
    const id = constructIdOf(spec.entry);
    const logGroup = new logs.LogGroup(scope, `${id}Logs`, {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      ...(spec.named && { functionName: `uni-pay-${stage}-${spec.entry}` }),
      description: `${spec.entry}. While it fails, ${spec.impact}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: "index.handler",
      code: lambda.Code.fromAsset(join(dist, spec.entry)),
      memorySize: spec.memoryMb,
      timeout: Duration.seconds(spec.timeoutSeconds),
      reservedConcurrentExecutions: settings.reserveConcurrency ? spec.reservedConcurrency : undefined,
      recursiveLoop: spec.queue?.chained ? lambda.RecursiveLoop.ALLOW : undefined,
      // A function without access to database and cache stays outside the VPC.
      ...(securityGroups.length > 0 && {
        vpc,
        vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups,
      }),
      environment,
      logGroup,
      // Lambda leaves lines that are JSON already as they are; its own reports become JSON too.
      loggingFormat: lambda.LoggingFormat.JSON,
      // The next scheduled run is the retry; a retry now would only run beside it.
      ...(spec.scheduleEveryMinutes && { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
    });
    this.spec = spec;
    this.logs = logGroup;
    (this.node.defaultChild as CfnResource).addMetadata("entry", spec.entry);
  }
}
