import { existsSync } from "node:fs";
import * as z from "zod";
import type { Assembly, Resource } from "./assembly.ts";
import type { LambdaFunction } from "./execution-environment.ts";
import { functionArn, functionName, physicalName } from "./local-values.ts";
import { readProperties } from "./read-properties.ts";
import { type Resolve, region } from "./resolve.ts";
import { createPool, type FunctionProcess } from "./workers.ts";

/** The gateway's functions in the template. */
export type Functions = {
  all: readonly LambdaFunction[];
  /** By entry, logical id, name or ARN, with or without a qualifier. Throws when there is none. */
  find(name: string): LambdaFunction;
  invoke(lambda: LambdaFunction, event: unknown): Promise<unknown>;
  processes(): FunctionProcess[];
  /** Lets events in flight finish within `graceMs` and resolves when every process is gone. */
  stop(graceMs: number): Promise<void>;
};

/** Where the functions' AWS clients are redirected to: origins without a trailing slash. */
export type ServiceUrls = { sqs: string; secretsManager: string; kms: string };

/** Lambda starts one environment per concurrent event; one machine cannot. */
const environmentLimit = 8;

const propertiesSchema = z.object({
  Code: z.object({ S3Key: z.string() }),
  Handler: z.string(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).optional(),
  // Lambda's own defaults.
  MemorySize: z.number().default(128),
  Timeout: z.number().default(3),
  ReservedConcurrentExecutions: z.number().optional(),
  LoggingConfig: z.looseObject({ LogGroup: z.string().optional() }).default({}),
});

/**
 * Reads the gateway's functions from the assembly; the helper functions that CDK adds need real AWS. A process starts
 * with the first event; `onLine` receives each line that it writes.
 */
export function createFunctions(
  assembly: Assembly,
  resolve: Resolve,
  urls: ServiceUrls,
  clockOffsetMs: () => number,
  onLine: (from: LambdaFunction, line: string) => void,
): Functions {
  const entries = assembly.ofType("AWS::Lambda::Function").flatMap((resource) => {
    if (resource.entry === undefined) return [];
    const lambda = lambdaFunction(assembly, resource, resource.entry, resolve, urls);
    const pool = createPool(lambda, clockOffsetMs, (line) => onLine(lambda, line));
    return [{ lambda, pool, logicalId: resource.logicalId }];
  });
  return {
    all: entries.map(({ lambda }) => lambda),
    find(name) {
      const bare = functionName(name);
      const found = entries.find(
        ({ lambda, logicalId }) => lambda.entry === bare || lambda.name === bare || logicalId === bare,
      );
      if (found === undefined) throw new Error(`The template has no gateway function named ${name}`);
      return found.lambda;
    },
    async invoke(lambda, event) {
      const entry = entries.find((one) => one.lambda === lambda);
      if (entry === undefined) throw new Error(`${lambda.name} is not a function of this host`);
      return entry.pool.invoke(event);
    },
    processes: () => entries.flatMap(({ pool }) => pool.processes()),
    async stop(graceMs) {
      await Promise.all(entries.map(({ pool }) => pool.stop(graceMs)));
    },
  };
}

function lambdaFunction(
  assembly: Assembly,
  resource: Resource,
  entry: string,
  resolve: Resolve,
  urls: ServiceUrls,
): LambdaFunction {
  const properties = readProperties(resource, propertiesSchema, resolve);
  const { Code, Handler, MemorySize, Timeout, ReservedConcurrentExecutions, LoggingConfig } = properties;
  const name = physicalName(resource);
  const folder = assembly.assetFolder(Code.S3Key);
  if (!existsSync(folder)) throw new Error(`The bundle of ${entry} is missing: ${folder}`);
  return {
    entry,
    name,
    arn: functionArn(name),
    folder,
    memoryMb: MemorySize,
    timeoutSeconds: Timeout,
    maxEnvironments: Math.min(environmentLimit, ReservedConcurrentExecutions ?? environmentLimit),
    logGroup: LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
    environment: {
      ...properties.Environment?.Variables,
      ...runtimeVariables(name, folder, Handler, MemorySize),
      AWS_ENDPOINT_URL_KMS: urls.kms,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: urls.secretsManager,
      AWS_ENDPOINT_URL_SQS: urls.sqs,
    },
  };
}

/** The variables that Lambda itself sets. */
function runtimeVariables(name: string, folder: string, handler: string, memoryMb: number) {
  return {
    AWS_ACCESS_KEY_ID: "local",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_REGION: region,
    AWS_SECRET_ACCESS_KEY: "local",
    LAMBDA_TASK_ROOT: folder,
    TZ: ":UTC",
    _HANDLER: handler,
  };
}
