import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type HostOptions, startHost } from "../../scripts/local/host/start-host.ts";
import { type QueueServer, startQueueServer } from "../../scripts/local/services/queue-server.ts";

type Resources = Record<string, { Type: string; Properties?: object; Metadata?: object }>;

/** A small gateway, as `cdk synth` would write it. */
export type Synthesized = {
  /** Text of each function's index.js, by entry. The logical id is the entry without its punctuation. */
  bundles: Record<string, string>;
  resources: Resources;
  parameters?: Record<string, { Type: string; Default?: string }>;
};

/** A function whose bundle is `bundles[entry]`. */
export function lambda(entry: string, properties: object = {}, variables: object = {}): Resources {
  return {
    [logicalId(entry)]: {
      Type: "AWS::Lambda::Function",
      Properties: {
        Code: { S3Bucket: { "Fn::Sub": `assets-\${AWS::AccountId}` }, S3Key: `${logicalId(entry)}.zip` },
        Handler: "index.handler",
        MemorySize: 128,
        Timeout: 10,
        Environment: { Variables: { NOTIFY_QUEUE_URL: "", POLL_QUEUE_URL: "", ...variables } },
        ...properties,
      },
      Metadata: { entry },
    },
  };
}

/** An HTTP API with these routes: route key to the entry that serves it. */
export function api(routes: Record<string, string>): Resources {
  const resources: Resources = {
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { ProtocolType: "HTTP" } },
  };
  Object.entries(routes).forEach(([key, entry], index) => {
    resources[`Integration${index}`] = {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: {
        ApiId: { Ref: "Api" },
        IntegrationType: "AWS_PROXY",
        IntegrationUri: { "Fn::GetAtt": [logicalId(entry), "Arn"] },
        PayloadFormatVersion: "2.0",
      },
    };
    resources[`Route${index}`] = {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: {
        ApiId: { Ref: "Api" },
        RouteKey: key,
        Target: { "Fn::Join": ["", ["integrations/", { Ref: `Integration${index}` }]] },
      },
    };
  });
  return resources;
}

/** A queue `Work` with a dead-letter queue `Dead`, read by the entry. */
export function workQueue(entry: string, mapping: object = {}): Resources {
  return {
    Work: {
      Type: "AWS::SQS::Queue",
      Properties: {
        VisibilityTimeout: 60,
        RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: 5 },
      },
    },
    Dead: { Type: "AWS::SQS::Queue" },
    Mapping: {
      Type: "AWS::Lambda::EventSourceMapping",
      Properties: {
        EventSourceArn: { "Fn::GetAtt": ["Work", "Arn"] },
        FunctionName: { Ref: logicalId(entry) },
        BatchSize: 10,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ...mapping,
      },
    },
  };
}

export function logicalId(entry: string): string {
  return entry.replace(/[^0-9a-z]/gi, "");
}

/** Writes a cloud assembly with one stack, `Gateway`, and returns its folder. */
export function writeAssembly(folder: string, { bundles, resources, parameters }: Synthesized): string {
  const write = (file: string, value: unknown) => {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, typeof value === "string" ? value : JSON.stringify(value));
  };
  // Like those above cdk.out in a checkout: neither may affect the bundles.
  write("package.json", { type: "module" });
  write("node_modules/above/index.js", "module.exports = 1;");
  write("manifest.json", {
    artifacts: {
      Gateway: { type: "aws:cloudformation:stack", properties: { templateFile: "Gateway.template.json" } },
      "Gateway.assets": { type: "cdk:asset-manifest", properties: { file: "Gateway.assets.json" } },
    },
  });
  write("Gateway.template.json", { Resources: resources, Parameters: parameters });
  const files = Object.keys(bundles).map((entry) => {
    const destinations = { current: { objectKey: `${logicalId(entry)}.zip` } };
    return [entry, { source: { path: `asset.${logicalId(entry)}` }, destinations }];
  });
  write("Gateway.assets.json", { files: Object.fromEntries(files) });
  for (const [entry, source] of Object.entries(bundles)) {
    write(`asset.${logicalId(entry)}/index.js`, source);
  }
  return folder;
}

/** Starts a host for a small gateway, with its own queue server. `stop` ends both. */
export async function startSynthesized(synthesized: Synthesized, options: Partial<HostOptions> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "local-host-"));
  const queues: QueueServer = await startQueueServer();
  const cleanUp = async () => {
    await queues.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const log: string[] = [];
  try {
    const host = await startHost({
      assembly: writeAssembly(path.join(folder, "cdk.out"), synthesized),
      services: {
        DATABASE_URL: "mysql://root:secret@127.0.0.1:3307/gateway",
        REDIS_URL: "redis://127.0.0.1:6380",
        SQS_ENDPOINT: queues.endpoint,
        SQS_ADMIN: queues.admin,
      },
      parameters: {},
      dir: path.join(folder, "kept"),
      onLog: (line) => log.push(line),
      ...options,
    });
    return {
      ...host,
      log,
      queues,
      folder,
      async stop() {
        await host.stop();
        await cleanUp();
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

export type SynthesizedHost = Awaited<ReturnType<typeof startSynthesized>>;
