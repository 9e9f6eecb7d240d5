import type { Resource } from "./assembly.ts";
import { accountId, type LocalValue, type Resolve, region } from "./resolve.ts";

/** Addresses of the servers that stand in for AWS services. */
export type Endpoints = {
  /** `mysql://user:password@host:port/name` */
  database: URL;
  /** `redis://host:port` */
  cache: URL;
  /** Origin of the SQS server, without a trailing slash. */
  queues: string;
  /** Origin of the HTTP API. */
  api: string;
  /** Put before each queue's name, so that several hosts can share one SQS server. */
  queuePrefix: string;
};

type Answer = (resource: Resource, resolve: Resolve) => string;
/** By type: `Ref` under the empty name, `Fn::GetAtt` under the attribute's. */
type Answers = Readonly<Record<string, Readonly<Record<string, Answer>>>>;

/** What `Ref` and `Fn::GetAtt` give for each resource type; a type or attribute that is not here throws. */
export function localValues(endpoints: Endpoints): LocalValue {
  const { database, cache } = endpoints;
  const answers: Answers = {
    "AWS::ApiGatewayV2::Api": {
      "": (api) => api.logicalId,
      ApiEndpoint: () => endpoints.api,
    },
    "AWS::ApiGatewayV2::Integration": { "": (integration) => integration.logicalId },
    "AWS::ElastiCache::ServerlessCache": {
      "Endpoint.Address": () => cache.hostname,
      "Endpoint.Port": () => cache.port || "6379",
    },
    "AWS::KMS::Key": {
      "": (key) => key.logicalId,
      Arn: (key) => arnOf("kms", `key/${key.logicalId}`),
      KeyId: (key) => key.logicalId,
    },
    "AWS::Lambda::Alias": {
      "": ({ properties, stack }, resolve) =>
        `${functionArn(resolve(properties.FunctionName, stack))}:${properties.Name}`,
    },
    "AWS::Lambda::Function": {
      "": physicalName,
      Arn: (lambda) => functionArn(physicalName(lambda)),
    },
    "AWS::Lambda::Version": {
      "": ({ properties, stack }, resolve) => `${functionArn(resolve(properties.FunctionName, stack))}:1`,
      Version: () => "1",
    },
    "AWS::Logs::LogGroup": { "": physicalName },
    "AWS::RDS::DBCluster": {
      "Endpoint.Address": () => database.hostname,
      "Endpoint.Port": () => database.port || "3306",
    },
    "AWS::SQS::Queue": {
      "": (queue) => `${endpoints.queues}/${accountId}/${queueName(queue, endpoints.queuePrefix)}`,
      Arn: (queue) => arnOf("sqs", queueName(queue, endpoints.queuePrefix)),
      QueueName: (queue) => queueName(queue, endpoints.queuePrefix),
    },
    "AWS::SecretsManager::Secret": { "": secretArn, Id: secretArn },
    "AWS::SecretsManager::SecretTargetAttachment": {
      "": ({ properties, stack }, resolve) => String(resolve(properties.SecretId, stack)),
    },
  };
  return (resource, attribute, resolve) => {
    const answer = answers[resource.type]?.[attribute ?? ""];
    if (answer === undefined) {
      const attributeName = attribute === undefined ? "Ref" : `attribute ${attribute}`;
      throw new Error(
        `${resource.stack.name}/${resource.logicalId} (${resource.type}) has no local ${attributeName}`,
      );
    }
    return answer(resource, resolve);
  };
}

/** The name in the template, or one that is unique across stacks. */
export function physicalName({ stack, logicalId, properties }: Resource): string {
  const provided = properties.FunctionName ?? properties.Name;
  return typeof provided === "string" ? provided : `${stack.name}-${logicalId}`;
}

/** The queue's name on the SQS server. */
export function queueName({ stack, logicalId, properties }: Resource, prefix: string): string {
  const { QueueName: provided } = properties;
  return `${prefix}${typeof provided === "string" ? provided : `${stack.name}-${logicalId}`}`;
}

/** AWS appends six random characters to a secret's name; so does this, for code that parses the ARN. */
export function secretArn(secret: Resource): string {
  return arnOf("secretsmanager", `secret:${physicalName(secret)}-Local0`);
}

/** From a function's name or (qualified) ARN to its name. */
export function functionName(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:") ? String(nameOrArn.split(":")[6]) : nameOrArn;
}

/** From a function's name or unqualified ARN to its ARN. */
export function functionArn(nameOrArn: unknown): string {
  return arnOf("lambda", `function:${functionName(String(nameOrArn))}`);
}

function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}
