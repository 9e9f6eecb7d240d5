import { mkdtempSync, readFileSync } from "node:fs";
import path from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { lambda, type Synthesized, startSynthesized } from "./synthesized.ts";

const environment = "exports.handler = async () => process.env;";

async function start(synthesized: Synthesized, options: Parameters<typeof startSynthesized>[1] = {}) {
  const host = await startSynthesized(synthesized, options);
  onTestFinished(() => host.stop());
  return host;
}

/** A gateway with one function `environment` beside these resources. */
function gateway(resources: Synthesized["resources"], variables: object = {}): Synthesized {
  return {
    bundles: { environment },
    resources: { ...lambda("environment", {}, variables), ...resources },
  };
}

async function variablesOf(synthesized: Synthesized, options: Parameters<typeof startSynthesized>[1] = {}) {
  const host = await start(synthesized, options);
  return (await host.invoke("environment", {})) as Record<string, string>;
}

describe("local host: refused templates", () => {
  it("the local host refuses an unknown resource type and names it", async () => {
    const table = { Table: { Type: "AWS::DynamoDB::Table" } };
    await expect(start(gateway(table))).rejects.toThrow("Gateway/Table (AWS::DynamoDB::Table)");
    const custom = { Bucket: { Type: "Custom::S3AutoDeleteObjects" } };
    await expect(start(gateway(custom))).rejects.toThrow("Gateway/Bucket (Custom::S3AutoDeleteObjects)");
  });

  it("the local host refuses a property that it does not support", async () => {
    const queue = { Queue: { Type: "AWS::SQS::Queue", Properties: { FifoQueue: true } } };
    await expect(start(gateway(queue))).rejects.toThrow(
      "Gateway/Queue (AWS::SQS::Queue): unknown property FifoQueue",
    );
  });

  it.each([
    [{ "Fn::Cidr": ["10.0.0.0/16", 1] }, "Fn::Cidr"],
    [{ Ref: "Nobody" }, "no resource named Nobody"],
    [{ Ref: "AWS::NotificationARNs" }, "AWS::NotificationARNs has no local value"],
    [{ "Fn::GetAtt": ["Queue", "Colour"] }, "no local attribute Colour"],
    [{ "Fn::ImportValue": "elsewhere" }, "No stack exports elsewhere"],
    ["{{resolve:ssm:name}}", "dynamic reference"],
  ])("the local host refuses a variable of the value %j", async (value, message) => {
    const resources = { Queue: { Type: "AWS::SQS::Queue" } };
    await expect(start(gateway(resources, { VALUE: value }))).rejects.toThrow(message);
  });

  it("the local host refuses a parameter without a value, and one that no stack declares", async () => {
    const declaring = {
      ...gateway({}, { VALUE: { Ref: "Colour" } }),
      parameters: { Colour: { Type: "String" } },
    };
    await expect(start(declaring)).rejects.toThrow("needs a value for its parameter Colour");
    await expect(start(gateway({}), { parameters: { Colour: "red" } })).rejects.toThrow(
      "declares the parameter Colour",
    );
  });

  it("the local host refuses a database of another name than the template's", async () => {
    const cluster = { Cluster: { Type: "AWS::RDS::DBCluster", Properties: { DatabaseName: "other" } } };
    await expect(start(gateway(cluster))).rejects.toThrow(
      'the database "gateway", but the template needs "other"',
    );
  });

  it("the local host refuses two routes with one key", async () => {
    const route = {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: { ApiId: "a", RouteKey: "GET /", Target: "integrations/One" },
    };
    const One = {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: {
        IntegrationType: "AWS_PROXY",
        IntegrationUri: { "Fn::GetAtt": ["environment", "Arn"] },
        PayloadFormatVersion: "2.0",
      },
    };
    await expect(start(gateway({ One, A: route, B: route }))).rejects.toThrow(
      "Two routes have the key GET /",
    );
  });

  it("the local host does not start when the deployment's trigger fails", async () => {
    const synthesized: Synthesized = {
      bundles: { migrate: "exports.handler = async () => { throw new Error('table is locked'); };" },
      resources: { ...lambda("migrate"), ...trigger("migrate") },
    };
    await expect(start(synthesized)).rejects.toThrow(
      "migrate, which every deployment runs first, failed: table is locked",
    );
  });
});

describe("local host: template values", () => {
  it("the template's references resolve to the local servers", async () => {
    const variables = await variablesOf(
      {
        bundles: { environment },
        parameters: { PublicUrl: { Type: "String" }, Colour: { Type: "String" } },
        resources: {
          ...lambda(
            "environment",
            {},
            {
              PUBLIC_URL: { Ref: "PublicUrl" },
              DATABASE: {
                "Fn::Sub": [
                  `\${Host}:\${Cluster.Endpoint.Port}/\${!raw}`,
                  { Host: { "Fn::GetAtt": ["Cluster", "Endpoint.Address"] } },
                ],
              },
              CACHE: {
                "Fn::Join": [
                  ":",
                  [{ "Fn::GetAtt": ["Cache", "Endpoint.Address"] }, { "Fn::GetAtt": "Cache.Endpoint.Port" }],
                ],
              },
              QUEUE_URL: { Ref: "Queue" },
              REGION: { "Fn::Select": [3, { "Fn::Split": [":", { "Fn::GetAtt": ["Key", "Arn"] }] }] },
            },
          ),
          Cluster: { Type: "AWS::RDS::DBCluster" },
          Cache: { Type: "AWS::ElastiCache::ServerlessCache" },
          Key: { Type: "AWS::KMS::Key" },
          Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: "work" } },
        },
      },
      { parameters: { Colour: "red" } },
    );
    expect(variables.PUBLIC_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(variables).toMatchObject({
      DATABASE: `127.0.0.1:3307/\${raw}`,
      CACHE: "127.0.0.1:6380",
      REGION: "ap-southeast-1",
      QUEUE_URL: `${variables.AWS_ENDPOINT_URL_SQS}/000000000000/work`,
    });
  });
});

describe("local host: deployment trigger", () => {
  it("the deployment's trigger runs once before the local host is up", async () => {
    // A file, because a line on standard output may come later than the answer.
    const runs = path.join(mkdtempSync(path.join(inject("runFolder"), "trigger-")), "runs");
    await start({
      bundles: {
        migrate: `exports.handler = async () => require("node:fs").appendFileSync(${JSON.stringify(runs)}, "ran\\n");`,
      },
      resources: { ...lambda("migrate"), ...trigger("migrate") },
    });
    expect(readFileSync(runs, "utf8")).toBe("ran\n");
  });
});

describe("local host: database secrets", () => {
  const resources = {
    MigrateSecret: databaseSecret("gateway_migrate"),
    AppSecret: databaseSecret("gateway_app"),
    Webhook: { Type: "AWS::SecretsManager::Secret", Properties: { GenerateSecretString: {} } },
  };
  const variables = {
    MIGRATE: { Ref: "MigrateSecret" },
    APP: { Ref: "AppSecret" },
    WEBHOOK: { Ref: "Webhook" },
  };

  async function secretsOf(options: Parameters<typeof startSynthesized>[1] = {}) {
    const env = await variablesOf(gateway(resources, variables), options);
    const client = new SecretsManagerClient({
      region: "ap-southeast-1",
      endpoint: env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? "",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const read = async (SecretId = "") =>
      String((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString);
    await expect(read("nobody")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    return {
      migrate: JSON.parse(await read(env.MIGRATE)),
      app: JSON.parse(await read(env.APP)),
      webhook: await read(env.WEBHOOK),
    };
  }

  it("the database secrets are the URL's user for the migration and a generated password for the gateway", async () => {
    const { migrate, app, webhook } = await secretsOf();
    expect(migrate).toEqual({ username: "root", password: "secret" });
    expect(app).toEqual({ username: "gateway_app", password: expect.stringMatching(/^\w{48}$/) });
    expect(webhook).toMatch(/^\w{48}$/);
  });

  it("the database secrets are the URL's user for both on a developer's own server", async () => {
    const { migrate, app } = await secretsOf({ databaseUsers: "given" });
    expect(app).toEqual({ username: "root", password: "secret" });
    expect(migrate).toEqual(app);
  });
});

function trigger(entry: string): Synthesized["resources"] {
  return {
    Version: { Type: "AWS::Lambda::Version", Properties: { FunctionName: { Ref: entry } } },
    Trigger: { Type: "Custom::Trigger", Properties: { HandlerArn: { Ref: "Version" } } },
  };
}

function databaseSecret(username: string) {
  const GenerateSecretString = {
    SecretStringTemplate: JSON.stringify({ username }),
    GenerateStringKey: "password",
  };
  return { Type: "AWS::SecretsManager::Secret", Properties: { GenerateSecretString } };
}
