import type { Assembly } from "./assembly.ts";

/**
 * The resource types that the host imitates, each with the properties it honours or may safely ignore on one machine
 * (permissions, networks, encryption at rest, tags). Any other property is an error: it would work on AWS only.
 */
const imitated: Readonly<Record<string, readonly string[]>> = {
  "AWS::ApiGatewayV2::Api": [
    "Name",
    "Description",
    "ProtocolType",
    "DisableExecuteApiEndpoint",
    "IpAddressType",
    "Tags",
  ],
  "AWS::ApiGatewayV2::Integration": [
    "ApiId",
    "IntegrationType",
    "IntegrationUri",
    "IntegrationMethod",
    "PayloadFormatVersion",
    "TimeoutInMillis",
  ],
  "AWS::ApiGatewayV2::Route": ["ApiId", "RouteKey", "Target", "AuthorizationType"],
  "AWS::ApiGatewayV2::Stage": [
    "ApiId",
    "StageName",
    "AutoDeploy",
    "AccessLogSettings",
    "DefaultRouteSettings",
    "Description",
    "Tags",
  ],
  "AWS::ElastiCache::ServerlessCache": [
    "ServerlessCacheName",
    "Description",
    "Engine",
    "MajorEngineVersion",
    "SecurityGroupIds",
    "SubnetIds",
    "CacheUsageLimits",
    "DailySnapshotTime",
    "SnapshotRetentionLimit",
    "KmsKeyId",
    "UserGroupId",
    "Tags",
  ],
  "AWS::KMS::Key": [
    "Description",
    "EnableKeyRotation",
    "RotationPeriodInDays",
    "PendingWindowInDays",
    "KeyPolicy",
    "Tags",
  ],
  "AWS::Lambda::Alias": [
    "Name",
    "Description",
    "FunctionName",
    "FunctionVersion",
    "ProvisionedConcurrencyConfig",
  ],
  "AWS::Lambda::EventSourceMapping": [
    "BatchSize",
    "Enabled",
    "EventSourceArn",
    "FunctionName",
    "FunctionResponseTypes",
    "ScalingConfig",
    "Tags",
  ],
  "AWS::Lambda::Function": [
    "Architectures",
    "Code",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "FunctionName",
    "Handler",
    "KmsKeyArn",
    "LoggingConfig",
    "MemorySize",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
  ],
  "AWS::Lambda::Version": ["Description", "FunctionName", "ProvisionedConcurrencyConfig"],
  "AWS::Logs::LogGroup": ["RetentionInDays", "KmsKeyId", "Tags"],
  "AWS::Logs::SubscriptionFilter": ["DestinationArn", "FilterPattern", "LogGroupName"],
  "AWS::SQS::Queue": [
    "DelaySeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "QueueName",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "Tags",
    "VisibilityTimeout",
  ],
  "AWS::Scheduler::Schedule": [
    "Description",
    "FlexibleTimeWindow",
    "GroupName",
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "State",
    "Target",
  ],
  "AWS::SecretsManager::Secret": [
    "Description",
    "GenerateSecretString",
    "KmsKeyId",
    "Name",
    "SecretString",
    "Tags",
  ],
  "AWS::SecretsManager::SecretTargetAttachment": ["SecretId", "TargetId", "TargetType"],
  "Custom::Trigger": [
    "ExecuteOnHandlerChange",
    "HandlerArn",
    "InvocationType",
    "ServiceToken",
    "ServiceTimeout",
    "Timeout",
  ],
};

/** Types that mean nothing on one machine: permissions, networks, alarms, and servers that come up by other means. */
const leftOut: readonly string[] = [
  "AWS::CDK::Metadata",
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::EC2::EIP",
  "AWS::EC2::Instance",
  "AWS::EC2::InternetGateway",
  "AWS::EC2::NatGateway",
  "AWS::EC2::Route",
  "AWS::EC2::RouteTable",
  "AWS::EC2::SecurityGroup",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::EC2::SecurityGroupIngress",
  "AWS::EC2::Subnet",
  "AWS::EC2::SubnetRouteTableAssociation",
  "AWS::EC2::VPC",
  "AWS::EC2::VPCEndpoint",
  "AWS::EC2::VPCGatewayAttachment",
  "AWS::IAM::InstanceProfile",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::Permission",
  "AWS::Logs::MetricFilter",
  "AWS::RDS::DBCluster",
  "AWS::RDS::DBClusterParameterGroup",
  "AWS::RDS::DBInstance",
  "AWS::RDS::DBSubnetGroup",
  "AWS::SNS::Subscription",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::QueuePolicy",
  "AWS::SecretsManager::ResourcePolicy",
  "AWS::SecretsManager::RotationSchedule",
  // The function that rotates the database password.
  "AWS::Serverless::Application",
  "Custom::VpcRestrictDefaultSG",
];

/** Throws, naming every offender, when the assembly holds something that would work on AWS but not here. */
export function refuseUnknownResources(assembly: Assembly): void {
  const problems = assembly.resources.flatMap(({ stack, logicalId, type, properties }) => {
    const where = `${stack.name}/${logicalId} (${type})`;
    const supported = imitated[type];
    if (supported === undefined) return leftOut.includes(type) ? [] : [`${where}: unknown resource type`];
    const unknown = Object.keys(properties).filter((property) => !supported.includes(property));
    return unknown.map((property) => `${where}: unknown property ${property}`);
  });
  if (problems.length === 0) return;
  throw new Error(
    `The local host cannot imitate everything that was synthesized. Imitate it, or list it in resource-kinds.ts:\n  ${problems.join("\n  ")}`,
  );
}
